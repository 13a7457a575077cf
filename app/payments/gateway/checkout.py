"""Hosted payment pages (Checkout Sessions)."""

from __future__ import annotations

from datetime import datetime

import stripe

from payments.gateway.calling import PAGE, PAYMENT_KEY, client, id_of, key_of, translating
from payments.gateway.facts import CheckoutSession, NewSession


def create_checkout_session(new: NewSession) -> CheckoutSession:
    """A hosted payment page; the same one again for the same key, for 24 hours."""
    about = {PAYMENT_KEY: new.key, "order": str(new.order_id)}
    with translating():
        made = client().v1.checkout.sessions.create(
            params={
                "mode": "payment",
                "line_items": [
                    {
                        "quantity": line.quantity,
                        "price_data": {
                            "currency": new.currency.lower(),
                            "unit_amount": line.unit_pennies,
                            "product_data": {"name": line.name},
                        },
                    }
                    for line in new.lines
                ],
                "success_url": new.success_url,
                "cancel_url": new.cancel_url,
                "client_reference_id": str(new.order_id),
                "metadata": about,
                "payment_intent_data": {"metadata": about},
            },
            options={"idempotency_key": new.key},
        )
    return session_fact(made)


def retrieve_session(session_id: str) -> CheckoutSession:
    """The payment page as it is now."""
    with translating():
        return session_fact(client().v1.checkout.sessions.retrieve(session_id))


def expire_session(session_id: str) -> CheckoutSession:
    """Close the payment page for good. Rejected when it is no longer open."""
    with translating():
        return session_fact(client().v1.checkout.sessions.expire(session_id))


def find_session(*, key: str, since: datetime) -> CheckoutSession | None:
    """The payment page made with this key at or after `since`, by its metadata."""
    with translating():
        made = client().v1.checkout.sessions.list(
            params={"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        )
        return next((session_fact(s) for s in made.auto_paging_iter() if key_of(s) == key), None)


def session_fact(made: stripe.checkout.Session) -> CheckoutSession:
    """The page as a fact."""
    return CheckoutSession(
        id=made.id,
        status=made.status or "",
        payment_status=made.payment_status,
        url=made.url or "",
        intent_id=id_of(made.payment_intent),
        key=key_of(made),
        subscription_id=id_of(made.subscription),
    )
