"""The one package that talks to Stripe. Frozen facts come out; Stripe's objects never do.

Two ways to fail, and they must never be mixed up: Rejected, Stripe said no and did nothing;
Unknown, nobody can tell whether it was done. After Unknown, ask again with the same key.
Never called with a transaction open: a call can take `STRIPE_TIMEOUT_S` seconds.
"""

from __future__ import annotations

from payments.gateway.checkout import (
    create_checkout_session,
    expire_session,
    find_session,
    retrieve_session,
)
from payments.gateway.errors import (
    BadSignature,
    GatewayError,
    Missing,
    Rejected,
    Unknown,
)
from payments.gateway.events import (
    construct_event,
)
from payments.gateway.facts import (
    CheckoutSession,
    Event,
    Intent,
    Line,
    NewSession,
    RefundFact,
)
from payments.gateway.intents import (
    retrieve_intent,
)
from payments.gateway.refunds import (
    create_refund,
    find_refund,
    retrieve_refund,
)

__all__ = [
    "BadSignature",
    "CheckoutSession",
    "Event",
    "GatewayError",
    "Intent",
    "Line",
    "Missing",
    "NewSession",
    "RefundFact",
    "Rejected",
    "Unknown",
    "construct_event",
    "create_checkout_session",
    "create_refund",
    "expire_session",
    "find_refund",
    "find_session",
    "retrieve_intent",
    "retrieve_refund",
    "retrieve_session",
]
