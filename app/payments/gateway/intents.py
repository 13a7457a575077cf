"""PaymentIntents, as they are now."""

from __future__ import annotations

import stripe

from payments.gateway.calling import client, key_of, translating
from payments.gateway.facts import Intent


def retrieve_intent(intent_id: str) -> Intent:
    """The PaymentIntent as it is now."""
    with translating():
        return intent_fact(client().v1.payment_intents.retrieve(intent_id))


def intent_fact(found: stripe.PaymentIntent) -> Intent:
    """The PaymentIntent as a fact."""
    error = found.last_payment_error
    return Intent(
        id=found.id,
        status=found.status,
        amount_pennies=found.amount,
        received_pennies=found.amount_received,
        currency=found.currency.upper(),
        key=key_of(found),
        failure=(getattr(error, "decline_code", None) or error.code or "") if error else "",
    )
