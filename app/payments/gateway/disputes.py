"""Disputes, as they are now."""

from __future__ import annotations

from datetime import UTC, datetime

import stripe

from payments.gateway.calling import client, id_of, translating
from payments.gateway.facts import DisputeFact


def retrieve_dispute(dispute_id: str) -> DisputeFact:
    """The dispute as it is now."""
    with translating():
        return dispute_fact(client().v1.disputes.retrieve(dispute_id))


def dispute_fact(found: stripe.Dispute) -> DisputeFact:
    """The dispute as a fact."""
    due_by = found.evidence_details.due_by if found.evidence_details else None
    return DisputeFact(
        id=found.id,
        status=found.status,
        amount_pennies=found.amount,
        currency=found.currency.upper(),
        reason=found.reason,
        intent_id=id_of(found.payment_intent),
        opened_at=datetime.fromtimestamp(found.created, UTC),
        respond_by=datetime.fromtimestamp(due_by, UTC) if due_by else None,
    )
