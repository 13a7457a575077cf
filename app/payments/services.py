"""What can be done to the money of an order: begin it, settle it, cancel it, ship against it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from audit.refusals import audited
from core.actor import Actor, system
from core.refusal import Refused
from orders import services as orders
from orders.lifecycle import OrderStatus
from orders.models import Order
from payments import checkout, gateway
from payments.checkout import CannotPay, start_checkout
from payments.mirror import may_follow, mirror
from payments.models import LIVE, Dispute, Payment, PaymentStatus

__all__ = [
    "CannotCancel",
    "CannotFulfil",
    "CannotPay",
    "Disagrees",
    "NotOurs",
    "cancel",
    "find",
    "fulfil",
    "knows",
    "lock",
    "recompute",
    "settle",
    "start_checkout",
]


class CannotCancel(Refused):
    """Money may be on its way, so the order stays open."""


class CannotFulfil(Refused):
    """The order must not be shipped now."""


class NotOurs(gateway.GatewayError):
    """No payment here belongs to it, as far as is known now: worth another try later."""


class Disagrees(gateway.GatewayError):
    """Stripe's amount, currency or intent is not this payment's: a person must look."""


def find(*, intent_id: str = "", session_id: str = "", key: str = "") -> Payment:
    """The payment that Stripe's facts are about, by their ids or by the key in their metadata.
    Raises NotOurs."""
    wanted = (
        ("stripe_intent_id", intent_id),
        ("stripe_session_id", session_id),
        ("idempotency_key", key),
    )
    for field, value in wanted:
        found = Payment.objects.filter(**{field: value}).first() if value else None
        if found:
            return found
    raise NotOurs(f"Payment: none here is {intent_id or session_id or key}; trying again later.")


def knows(*, intent_id: str) -> bool:
    """Whether the intent pays, or paid, an order here."""
    return Payment.objects.filter(stripe_intent_id=intent_id).exists()


def lock(payment: Payment) -> tuple[Order, Payment]:
    """Order and payment as they are now, held in that order until the transaction ends."""
    order = orders.lock(payment.order_id)
    return order, Payment.objects.select_for_update().get(pk=payment.pk)


def settle(
    *,
    payment: Payment,
    intent: gateway.Intent | None,
    session: gateway.CheckoutSession | None = None,
    now: datetime,
) -> Payment:
    """The payment as Stripe's facts have it, and its order as the payments then add up.

    Any number of times and in any order: facts that were overtaken change nothing. Money for a
    canceled order is recorded and the order stays canceled. Raises Disagrees.
    """
    with transaction.atomic():
        order, payment = lock(payment)
        _check_agrees(payment, intent)
        seen = mirror(intent=intent, session=session)
        if intent and not payment.stripe_intent_id:
            payment.stripe_intent_id = intent.id
        if session and not payment.stripe_session_id:
            payment.stripe_session_id = session.id
        if may_follow(PaymentStatus(payment.status), seen.status):
            payment.status = seen.status
            payment.captured_pennies = max(payment.captured_pennies, seen.captured_pennies)
            payment.last_failure = seen.failure[:120]
        if payment.status == PaymentStatus.SUCCEEDED and payment.succeeded_at is None:
            payment.succeeded_at = now
        payment.save()
        recompute(order=order, by=system("worker"), now=now)
    return payment


def recompute(*, order: Order, by: Actor, now: datetime) -> None:
    """Make a locked order say what its payments add up to, and move it accordingly."""
    sums = Payment.objects.filter(order=order).aggregate(
        captured=Sum("captured_pennies", default=0), refunded=Sum("refunded_pennies", default=0)
    )
    orders.record_amounts(
        order=order,
        captured_pennies=sums["captured"],
        refunded_pennies=sums["refunded"],
        by=by,
        now=now,
    )


def cancel(*, order: Order, by: Actor, reason: str, now: datetime) -> Order:
    """The order, canceled: its payment page was closed at Stripe first, so no money can follow.

    Raises CannotCancel or IllegalMove with a sentence, audited, and gateway.Unknown when Stripe
    did not answer; then nothing has changed here and asking again is safe.
    """
    with audited(what="cancel", subject=f"order:{order.pk}", by=by, now=now):
        fresh = Order.objects.get(pk=order.pk)
        orders.check_move(order=fresh, target=OrderStatus.CANCELED, by=by)
        closed = _close_page(fresh, now=now)
        with transaction.atomic():
            orders.lock(fresh.pk)
            _drop_live_payments(fresh, closed=closed)
            return orders.move(
                order=fresh, target=OrderStatus.CANCELED, by=by, reason=reason, now=now
            )


def fulfil(*, order: Order, by: Actor, reason: str, now: datetime) -> Order:
    """The order, sent to the customer. Raises CannotFulfil or IllegalMove, audited."""
    with audited(what="fulfil", subject=f"order:{order.pk}", by=by, now=now), transaction.atomic():
        locked = orders.lock(order.pk)
        _check_undisputed(locked)
        return orders.move(
            order=locked, target=OrderStatus.FULFILLED, by=by, reason=reason, now=now
        )


def _check_undisputed(order: Order) -> None:
    if Dispute.objects.filter(payment__order=order, closed_at__isnull=True).exists():
        raise CannotFulfil(f"Order {order.pk}: a dispute is open; settle it at Stripe first.")
    if any(payment.is_taken_back for payment in Payment.objects.filter(order=order)):
        raise CannotFulfil(
            f"Order {order.pk}: the bank took the payment back in a dispute; do not send it."
        )


def _check_agrees(payment: Payment, intent: gateway.Intent | None) -> None:
    if intent is None:
        return
    found = (payment.stripe_intent_id or intent.id, payment.currency, payment.amount_pennies)
    told = (intent.id, intent.currency, intent.amount_pennies)
    if found != told:
        raise Disagrees(f"Payment {payment.pk}: Stripe has {told}, expected {found}; look at both.")


def _close_page(order: Order, *, now: datetime) -> Payment | None:
    """The live payment whose page can no longer be paid; None when there was none."""
    payment = Payment.objects.filter(order=order, status__in=LIVE).first()
    if payment is None:
        return None
    try:
        page = checkout.page_of(payment, now=now)
        if page and page.status == gateway.PageStatus.OPEN:
            page = gateway.expire_session(page.id)
        is_over = checkout.is_over(page)
    except CannotPay:  # Stripe made no page, so that payment is given up already.
        return None
    except gateway.Rejected as no:
        raise CannotCancel(
            f"Order {order.pk}: its payment page could not be closed ({no}); wait a minute."
        ) from no
    if not is_over:
        raise CannotCancel(
            f"Order {order.pk}: a payment is being made; wait for it, then ask for a refund."
        )
    return payment


def _drop_live_payments(order: Order, *, closed: Payment | None) -> None:
    payments = list(Payment.objects.select_for_update().filter(order=order).order_by("pk"))
    for payment in payments:
        if payment.status in (PaymentStatus.PROCESSING, PaymentStatus.SUCCEEDED):
            raise CannotCancel(
                f"Order {order.pk}: a payment is {payment.status}; wait for it, or refund it."
            )
        if payment.status in LIVE and payment != closed:
            raise CannotCancel(f"Order {order.pk}: a payment was just begun; ask again.")
    if closed:
        checkout.give_up(closed)
