"""What the shop makes of a dispute: its own row, and the money that the payment no longer has."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from payments import gateway, services
from payments.models import (
    DISPUTE_MOVES,
    OPEN_DISPUTE,
    TAKEN_BY_DISPUTE,
    Dispute,
    DisputeStatus,
    Payment,
)


def record(*, fact: gateway.DisputeFact, now: datetime) -> Dispute:
    """The dispute as Stripe has it, and its payment as its disputes then add up.

    Any number of times and in any order: facts that were overtaken change nothing. Recorded
    whatever was refunded before. Raises services.NotOurs or services.Disagrees.

    A lost dispute keeps its money for good: Stripe leaves it withdrawn and refunds nothing of
    the charge (docs.stripe.com/disputes), so it stays in `disputed_pennies` and the order keeps
    its status. A won one gives it back.
    """
    with transaction.atomic():
        payment = services.find(intent_id=fact.intent_id)
        _, payment = services.lock(payment)
        dispute = Dispute.objects.filter(stripe_dispute_id=fact.id).first() or _new(fact, payment)
        _check_agrees(dispute, fact, payment)
        seen = DisputeStatus(fact.status)
        if seen == dispute.status or seen in _next(dispute):
            dispute.status = seen
            dispute.amount_pennies = fact.amount_pennies
            dispute.reason, dispute.respond_by = fact.reason[:60], fact.respond_by
            dispute.closed_at = None if seen in OPEN_DISPUTE else dispute.closed_at or now
            dispute.save()
            _recompute(payment)
    return dispute


def _new(fact: gateway.DisputeFact, payment: Payment) -> Dispute:
    return Dispute(
        payment=payment,
        stripe_dispute_id=fact.id,
        status=fact.status,
        currency=fact.currency,
        opened_at=fact.opened_at,
    )


def _next(dispute: Dispute) -> frozenset[DisputeStatus]:
    return DISPUTE_MOVES[DisputeStatus(dispute.status)]


def _check_agrees(dispute: Dispute, fact: gateway.DisputeFact, payment: Payment) -> None:
    found = (dispute.payment_id, payment.currency)
    told = (payment.pk, fact.currency)
    if found != told:
        raise services.Disagrees(
            f"Dispute {fact.id}: payment and currency {told}, expected {found}; look at both."
        )


def _recompute(payment: Payment) -> None:
    """The payment says what its disputes took. The payment is locked by the caller."""
    payment.disputed_pennies = Dispute.objects.filter(
        payment=payment, status__in=TAKEN_BY_DISPUTE
    ).aggregate(taken=Sum("amount_pennies", default=0))["taken"]
    payment.save(update_fields=["disputed_pennies"])
