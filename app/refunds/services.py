"""What can be done about a refund: ask for it, learn how it ended, follow up an open question."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.crypto import get_random_string

from audit.actions import Action, Result
from audit.refusals import audited
from core.actor import Actor, system
from core.clock import Clock
from core.money import display
from core.refusal import Refused
from orders.lifecycle import OrderStatus
from orders.models import Order
from payments import gateway
from payments.checkout import KEY_LIFE
from payments.models import Payment, PaymentStatus
from refunds import policy
from refunds.models import Refund, RefundStatus
from refunds.settlement import confirm, release, write_audit

__all__ = [
    "CannotRefund",
    "assess",
    "assess_payment",
    "came_second",
    "confirm",
    "follow_up",
    "follow_up_due",
    "issue",
]

log = logging.getLogger(__name__)
# Longer than the call itself may take, so that nobody asks twice at once.
FOLLOW_UP_AFTER = timedelta(minutes=2)


class CannotRefund(Refused):
    """The policy, the amounts or the actor's role say no; the sentence says which."""


def assess(*, order: Order, now: datetime, asked_pennies: int | None = None) -> policy.Assessment:
    """What the policy says about this order now; see `policy.assess`."""
    holding = _holding(order, _payment_to_refund(order, now=now))
    return policy.assess(holding=holding, asked_pennies=asked_pennies, now=now)


def assess_payment(*, payment: Payment, now: datetime) -> policy.Assessment:
    """What the policy says about this payment of its order now. What was prefetched of the order
    and its payments is not asked for again."""
    return policy.assess(holding=_holding(payment.order, payment), now=now)


def came_second(payment: Payment) -> bool:
    """Whether the order keeps another payment, which succeeded before this one."""
    if payment.succeeded_at is None:
        return False
    moment = (payment.succeeded_at, payment.pk)
    return any(
        other.succeeded_at is not None
        and (other.succeeded_at, other.pk) < moment
        and other.captured_pennies > other.refunded_pennies + other.pending_refund_pennies
        for other in payment.order.payments.all()
    )


def issue(
    *,
    order: Order,
    asked_pennies: int,
    reason: str,
    by: Actor,
    now: datetime,
    form_key: str = "",
    key: str = "",
    choose: Callable[[Order], Payment | None] | None = None,
) -> Refund:
    """The refund, as far as Stripe said at once: succeeded, pending or failed, or still requested
    when the outcome is unknown; then the money stays reserved until it is known.

    The reservation is committed before Stripe is asked, and no transaction is open while it is.
    The same `form_key`, or the same `key`, gives the first refund again and asks Stripe for
    nothing. `choose` says which payment of the order, in the transaction that reserves; without
    it, the one of which most can be refunded. Raises CannotRefund.
    """
    key = key or (f"form-{form_key}" if form_key else f"refund-{get_random_string(32)}")
    with audited(what="refund", subject=f"order:{order.pk}", by=by, now=now):
        try:
            refund = _reserve(
                order,
                asked_pennies,
                reason=reason,
                by=by,
                key=key,
                now=now,
                choose=choose or partial(_payment_to_refund, now=now),
            )
        except (IntegrityError, CannotRefund):
            # The same form again: its key is taken, or it has taken what this one asks for.
            earlier = _sent_before(order, asked_pennies, key=key)
            if earlier is None:
                raise
            return earlier
    return _ask_stripe(refund, by=by, now=now)


def follow_up(*, refund: Refund, now: datetime) -> Refund:
    """Learn what became of a refund whose outcome was unknown. Within its key's life Stripe is
    asked again with the same key; after it, the refund is looked up by its metadata and never
    sent again. Unknown once more leaves it as it is."""
    if refund.status != RefundStatus.REQUESTED:
        return refund
    by = system("worker")
    if now - refund.requested_at <= KEY_LIFE:
        return _ask_stripe(refund, by=by, now=now)
    try:
        fact = gateway.find_refund(
            key=refund.idempotency_key, intent_id=refund.payment.stripe_intent_id or ""
        )
    except gateway.Unknown:
        return refund
    if fact is None:
        return release(refund, failure="Stripe never made it", by=by, now=now)
    return confirm(fact=fact, by=by, now=now)


def follow_up_due(*, clock: Clock, since: datetime | None = None) -> int:
    """Follow up every refund that has waited for an answer long enough, of those requested at or
    after `since`; how many there were. Each stands for itself and has its own time: one that
    cannot be settled is logged, left to the check on stuck refunds, and asked after again."""
    due = Refund.objects.filter(
        status=RefundStatus.REQUESTED, requested_at__lte=clock() - FOLLOW_UP_AFTER
    )
    if since:
        due = due.filter(requested_at__gte=since)
    for refund in due:
        try:
            follow_up(refund=refund, now=clock())
        except (Refused, gateway.GatewayError) as no:
            log.warning("refund %s: not settled: %s", refund.pk, no)
    return len(due)


def _sent_before(order: Order, asked_pennies: int, *, key: str) -> Refund | None:
    """The refund that the same form asked for already; CannotRefund when it asked otherwise."""
    earlier = Refund.objects.select_related("payment").filter(idempotency_key=key).first()
    if earlier and (earlier.payment.order_id, earlier.amount_pennies) != (order.pk, asked_pennies):
        raise CannotRefund(
            f"Order {order.pk}: this form was sent before, for "
            f"{display(earlier.amount_pennies, earlier.currency)} of order "
            f"{earlier.payment.order_id}; open it again."
        )
    return earlier


def _reserve(
    order: Order,
    asked_pennies: int,
    *,
    reason: str,
    by: Actor,
    key: str,
    now: datetime,
    choose: Callable[[Order], Payment | None],
) -> Refund:
    """The requested refund with its money reserved, committed. Raises CannotRefund, and
    IntegrityError when the key is taken."""
    reason = reason.strip()
    if not policy.may_issue(by):
        raise CannotRefund(f"Order {order.pk}: {by.role} cannot refund; ask ops or an admin.")
    if not 1 <= len(reason) <= policy.LONGEST_REASON:
        raise CannotRefund(
            f"Order {order.pk}: a reason of {len(reason)} characters, 1 to "
            f"{policy.LONGEST_REASON} expected; say why."
        )
    with transaction.atomic(durable=True):
        fresh = Order.objects.get(pk=order.pk)
        payment = choose(fresh)
        holding = _holding(fresh, payment)
        answer = policy.assess(holding=holding, asked_pennies=asked_pennies, now=now)
        if answer.refused or payment is None:
            raise CannotRefund(answer.refused)
        _take(payment, asked_pennies)
        refund = Refund.objects.create(
            payment=payment,
            currency=payment.currency,
            amount_pennies=asked_pennies,
            reason=reason,
            requested_by_id=by.id,
            idempotency_key=key,
            requested_at=now,
        )
        write_audit(Action.REFUND_ASKED, refund, fresh, Result.DONE, reason=reason, by=by, now=now)
    return refund


def _take(payment: Payment, asked_pennies: int) -> None:
    """Reserve by one conditional UPDATE, so that of any number at once only as many succeed as
    the payment can bear: the row lock makes each see what the one before left. Of a disputed
    payment nothing is reserved, as the policy has it."""
    left = F("captured_pennies") - F("refunded_pennies") - F("pending_refund_pennies")
    reserved = (
        Payment.objects.alias(left=left)
        .filter(pk=payment.pk, left__gte=asked_pennies, disputed_pennies=0)
        .update(pending_refund_pennies=F("pending_refund_pennies") + asked_pennies)
    )
    if not reserved:
        payment.refresh_from_db()
        if payment.disputed_pennies:
            raise CannotRefund(
                f"Order {payment.order_id}: a dispute came meanwhile; answer it at Stripe, "
                "do not refund."
            )
        asked = display(asked_pennies, payment.currency)
        still = display(payment.left_pennies, payment.currency)
        raise CannotRefund(f"Order {payment.order_id}: {asked} asked, {still} left to refund.")


def _ask_stripe(refund: Refund, *, by: Actor, now: datetime) -> Refund:
    payment = refund.payment
    try:
        fact = gateway.create_refund(
            intent_id=payment.stripe_intent_id or "",
            amount_pennies=refund.amount_pennies,
            key=refund.idempotency_key,
            order_id=payment.order_id,
        )
    except gateway.Rejected as no:
        return release(refund, failure=str(no), by=by, now=now)
    except gateway.Unknown:
        return refund
    return confirm(fact=fact, by=by, now=now)


def _payment_to_refund(order: Order, *, now: datetime) -> Payment | None:
    """The succeeded payment of which most can be refunded, and where none can be, the one that
    holds most; an order has one, save after late money."""

    def gives(payment: Payment) -> tuple[int, int]:
        return assess_payment(payment=payment, now=now).refundable_pennies, payment.left_pennies

    return max(order.payments.filter(status=PaymentStatus.SUCCEEDED), key=gives, default=None)


def _holding(order: Order, payment: Payment | None) -> policy.Holding:
    return policy.Holding(
        order_id=order.pk,
        currency=order.currency,
        captured_pennies=payment.captured_pennies if payment else 0,
        refunded_pennies=payment.refunded_pennies if payment else 0,
        reserved_pennies=payment.pending_refund_pennies if payment else 0,
        disputed_pennies=payment.disputed_pennies if payment else 0,
        paid_at=payment.succeeded_at if payment else None,
        is_canceled=order.status == OrderStatus.CANCELED,
        came_second=payment is not None and came_second(payment),
        is_dispute_open=payment is not None
        and any(dispute.is_open for dispute in payment.disputes.all()),
    )
