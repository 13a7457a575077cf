"""How a refund ends: Stripe's facts, or a definite no, written to refund, payment and order."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, Sum

from audit import services as audit
from audit.actions import Action, Result
from core.actor import Actor, system
from orders.models import Order
from payments import gateway
from payments import services as payments
from payments.models import Payment
from refunds.models import MOVES, RESERVED, Refund, RefundStatus

ENDED = {
    RefundStatus.SUCCEEDED: Result.DONE,
    RefundStatus.FAILED: Result.FAILED,
    RefundStatus.CANCELED: Result.FAILED,
}


def confirm(*, fact: gateway.RefundFact, now: datetime, by: Actor | None = None) -> Refund:
    """The refund as Stripe has it, and payment and order as they then add up.

    Any number of times and in any order. A refund that failed, even after it had succeeded,
    gives its money back to what can be refunded. One made in Stripe's dashboard is recorded.
    Raises payments.NotOurs or payments.Disagrees.
    """
    with transaction.atomic():
        payment = payments.find(intent_id=fact.intent_id)
        order, payment = payments.lock(payment)
        refund = _find(fact)
        is_news = refund is None
        refund = refund or _made_at_stripe(fact, payment, now=now)
        _check_agrees(refund, fact)
        moved = _mirror(refund, fact, now=now)
        # News or not: what payment or order counted wrongly is set right by hearing it again.
        _recompute(order, payment, by=by or system("worker"), now=now)
        if moved or is_news:
            _record_end(refund, order, by=by or system("worker"), now=now)
    return refund


def release(refund: Refund, *, failure: str, by: Actor, now: datetime) -> Refund:
    """Stripe did nothing: the refund failed and its money can be refunded again."""
    with transaction.atomic():
        order, payment = payments.lock(refund.payment)
        refund = Refund.objects.select_for_update().get(pk=refund.pk)
        if refund.status != RefundStatus.REQUESTED:
            return refund
        refund.status = RefundStatus.FAILED
        refund.failure, refund.settled_at = failure[:200], now
        refund.save()
        _recompute(order, payment, by=by, now=now)
        _record_end(refund, order, by=by, now=now)
    return refund


def write_audit(
    action: Action,
    refund: Refund,
    order: Order,
    result: Result,
    *,
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    audit.record(
        actor=by,
        action=action,
        subject=f"refund:{refund.pk}",
        result=result,
        reason=reason,
        details={
            "order": order.pk,
            "pennies": refund.amount_pennies,
            "currency": refund.currency,
        },
        now=now,
    )


def _find(fact: gateway.RefundFact) -> Refund | None:
    known = Q(stripe_refund_id=fact.id)
    if fact.key:
        known |= Q(idempotency_key=fact.key)
    return Refund.objects.select_for_update().filter(known).first()


def _made_at_stripe(fact: gateway.RefundFact, payment: Payment, *, now: datetime) -> Refund:
    if fact.key:
        raise payments.NotOurs(f"Refund {fact.id}: its key is not ours; trying again later.")
    undone = fact.status in (RefundStatus.FAILED, RefundStatus.CANCELED)
    return Refund.objects.create(
        payment=payment,
        status=fact.status if undone else RefundStatus.REQUESTED,
        currency=fact.currency,
        amount_pennies=fact.amount_pennies,
        reason="made at Stripe, not by the shop",
        idempotency_key=f"stripe-{fact.id}",
        stripe_refund_id=fact.id,
        failure=fact.failure[:200],
        requested_at=now,
        settled_at=now if undone else None,
    )


def _check_agrees(refund: Refund, fact: gateway.RefundFact) -> None:
    found = (refund.stripe_refund_id or fact.id, refund.currency, refund.amount_pennies)
    told = (fact.id, fact.currency, fact.amount_pennies)
    if found != told:
        raise payments.Disagrees(
            f"Refund {refund.pk}: Stripe has {told}, expected {found}; look at both."
        )


def _mirror(refund: Refund, fact: gateway.RefundFact, *, now: datetime) -> bool:
    """Copy the fact; False when nothing changed or the fact was overtaken by a later one."""
    seen = RefundStatus(fact.status)
    is_a_move = seen in MOVES[RefundStatus(refund.status)]
    if is_a_move:
        refund.stripe_refund_id = fact.id
        refund.status, refund.failure = seen, fact.failure[:200]
        if seen in ENDED:
            refund.settled_at = now
        if seen == RefundStatus.SUCCEEDED:
            refund.succeeded_at = now
        refund.save()
    return is_a_move


def _recompute(order: Order, payment: Payment, *, by: Actor, now: datetime) -> None:
    """Payment and order say what the refund rows add up to. Both are locked by the caller."""
    sums = Refund.objects.filter(payment=payment).aggregate(
        done=Sum("amount_pennies", filter=Q(status=RefundStatus.SUCCEEDED), default=0),
        reserved=Sum("amount_pennies", filter=Q(status__in=RESERVED), default=0),
    )
    payment.refunded_pennies = sums["done"]
    payment.pending_refund_pennies = sums["reserved"]
    payment.save(update_fields=["refunded_pennies", "pending_refund_pennies"])
    # Whoever asked for the refund, the order moves because of what Stripe did.
    payments.recompute(order=order, by=system(by.origin), now=now)


def _record_end(refund: Refund, order: Order, *, by: Actor, now: datetime) -> None:
    status = RefundStatus(refund.status)
    if status in ENDED:
        write_audit(
            Action.REFUND_SETTLED,
            refund,
            order,
            ENDED[status],
            reason=refund.failure or status,
            by=by,
            now=now,
        )
