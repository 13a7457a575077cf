"""The one package that talks to Stripe. Frozen facts come out; Stripe's objects never do.

Two ways to fail, and they must never be mixed up: Rejected, Stripe said no and did nothing;
Unknown, nobody can tell whether it was done. After Unknown, ask again with the same key.
Never called with a transaction open: a call can take `STRIPE_TIMEOUT_S` seconds.
"""

from __future__ import annotations

from payments.gateway.billing import (
    CannotValue,
    create_price,
    create_subscription_session,
    end_with_period,
    find_price,
    find_subscription_paid_by,
    retrieve_subscription,
)
from payments.gateway.billing_facts import (
    DiscountFact,
    ItemFact,
    ListedSubscription,
    NewPrice,
    NewSubscriptionSession,
    PriceFact,
    SubscriptionFact,
)
from payments.gateway.checkout import (
    create_checkout_session,
    expire_session,
    find_session,
    retrieve_session,
)
from payments.gateway.disputes import retrieve_dispute
from payments.gateway.errors import (
    BadSignature,
    GatewayError,
    Missing,
    NotAnEvent,
    Rejected,
    Unknown,
)
from payments.gateway.events import (
    construct_event,
)
from payments.gateway.facts import (
    CheckoutSession,
    DisputeFact,
    Endpoint,
    EndpointStatus,
    Event,
    Intent,
    Line,
    NewSession,
    PagePayment,
    PageStatus,
    RefundFact,
)
from payments.gateway.intents import (
    retrieve_intent,
)
from payments.gateway.lists import (
    list_disputes,
    list_endpoints,
    list_events,
    list_intents,
    list_refunds,
    list_sessions,
    list_subscriptions,
)
from payments.gateway.refunds import (
    create_refund,
    find_refund,
    retrieve_refund,
)

__all__ = [
    "BadSignature",
    "CannotValue",
    "CheckoutSession",
    "DiscountFact",
    "DisputeFact",
    "Endpoint",
    "EndpointStatus",
    "Event",
    "GatewayError",
    "Intent",
    "ItemFact",
    "Line",
    "ListedSubscription",
    "Missing",
    "NewPrice",
    "NewSession",
    "NewSubscriptionSession",
    "NotAnEvent",
    "PagePayment",
    "PageStatus",
    "PriceFact",
    "RefundFact",
    "Rejected",
    "SubscriptionFact",
    "Unknown",
    "construct_event",
    "create_checkout_session",
    "create_price",
    "create_refund",
    "create_subscription_session",
    "end_with_period",
    "expire_session",
    "find_price",
    "find_refund",
    "find_session",
    "find_subscription_paid_by",
    "list_disputes",
    "list_endpoints",
    "list_events",
    "list_intents",
    "list_refunds",
    "list_sessions",
    "list_subscriptions",
    "retrieve_dispute",
    "retrieve_intent",
    "retrieve_refund",
    "retrieve_session",
    "retrieve_subscription",
]
