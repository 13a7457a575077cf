"""Refunds: made, read and found again."""

from __future__ import annotations

import stripe

from payments.gateway.calling import REFUND_KEY, client, id_of, key_of, translating
from payments.gateway.facts import RefundFact


def create_refund(*, intent_id: str, amount_pennies: int, key: str, order_id: int) -> RefundFact:
    """Send money back; the same refund again for the same key, for 24 hours."""
    with translating():
        made = client().v1.refunds.create(
            params={
                "payment_intent": intent_id,
                "amount": amount_pennies,
                "metadata": {REFUND_KEY: key, "order": str(order_id)},
            },
            options={"idempotency_key": key},
        )
    return refund_fact(made)


def retrieve_refund(refund_id: str) -> RefundFact:
    """The refund as it is now."""
    with translating():
        return refund_fact(client().v1.refunds.retrieve(refund_id))


def find_refund(*, key: str, intent_id: str) -> RefundFact | None:
    """The refund of this payment that was made with this key, by its metadata."""
    with translating():
        made = client().v1.refunds.list(params={"payment_intent": intent_id})
        return next((refund_fact(r) for r in made.auto_paging_iter() if key_of(r) == key), None)


def refund_fact(made: stripe.Refund) -> RefundFact:
    """The refund as a fact."""
    return RefundFact(
        id=made.id,
        status=made.status or "pending",
        amount_pennies=made.amount,
        currency=made.currency.upper(),
        intent_id=id_of(made.payment_intent),
        key=key_of(made),
        failure=getattr(made, "failure_reason", None) or "",
    )
