"""The inventory's second part: what was ordered and paid. It names people by key only, and stays
when somebody is erased: whoever keeps books must keep it."""

from __future__ import annotations

from privacy import periods
from privacy.classes import Holding

_BOOKS = "for good, as books; an erasure takes the name behind it away"
_GOODS = "as long as the shop"

HOLDINGS = (
    Holding(
        "catalog.Product",
        "what is for sale",
        _GOODS,
        none="""
        id name slug description price_pennies currency is_on_sale""",
    ),
    Holding(
        "orders.Order",
        "what somebody bought",
        _BOOKS,
        pseudonymous="id customer_id",
        none="""
        status currency total_pennies captured_pennies refunded_pennies placed_at form_key paid_at
        fulfilled_at canceled_at""",
    ),
    Holding(
        "orders.OrderLine",
        "what was on the order",
        _BOOKS,
        pseudonymous="id order_id",
        none="""
        product_id name unit_pennies quantity line_pennies""",
    ),
    Holding(
        "orders.OrderTransition",
        "the history of an order; reasons in the words of staff, who write no names",
        _BOOKS,
        pseudonymous="id order_id actor_id reason",
        none="source target at actor_role",
    ),
    Holding(
        "payments.Payment",
        "what was paid, and under which number at Stripe; no card data",
        _BOOKS + ", and the address of Stripe's page with it",
        personal="checkout_url",
        pseudonymous="id order_id idempotency_key stripe_session_id stripe_intent_id",
        none="""status currency amount_pennies captured_pennies refunded_pennies
        pending_refund_pennies disputed_pennies last_failure created_at succeeded_at""",
    ),
    Holding(
        "payments.Dispute",
        "what a bank took back or asked about",
        _BOOKS,
        pseudonymous="id payment_id stripe_dispute_id",
        none="status currency amount_pennies reason opened_at respond_by closed_at",
    ),
    Holding(
        "refunds.Refund",
        "what was given back; reasons in the words of staff, who write no names",
        _BOOKS,
        pseudonymous="id payment_id requested_by_id idempotency_key stripe_refund_id reason",
        none="status currency amount_pennies failure requested_at settled_at succeeded_at",
    ),
    Holding(
        "subscriptions.Plan",
        "which subscriptions are for sale",
        _GOODS,
        none="""
        id slug name description price_pennies currency interval interval_count is_on_sale
        stripe_price_id""",
    ),
    Holding(
        "subscriptions.Start",
        "a page at Stripe on which somebody subscribes",
        _BOOKS + ", and the address of Stripe's page with it",
        personal="checkout_url",
        pseudonymous="id customer_id idempotency_key stripe_customer_id stripe_session_id",
        none="plan_id status created_at",
    ),
    Holding(
        "subscriptions.Subscription",
        "what somebody pays regularly",
        _BOOKS,
        pseudonymous="id customer_id stripe_subscription_id stripe_customer_id",
        none="""status is_paused currency mrr_pennies started_at period_ends_at ends_at ended_at
        seen_at""",
    ),
    Holding(
        "subscriptions.SubscriptionItem",
        "the prices of a subscription",
        _BOOKS,
        pseudonymous="id subscription_id stripe_item_id",
        none="""stripe_price_id unit_pennies quantity interval interval_count is_metered
        kept_numerator kept_denominator""",
    ),
    Holding(
        "subscriptions.MrrChange",
        "how MRR came about",
        _BOOKS,
        pseudonymous="id subscription_id",
        none="at currency before_pennies after_pennies kind",
    ),
    Holding(
        "webhooks.StripeEvent",
        "what Stripe announced; its body can hold a payer's name and addresses",
        f"the body {periods.EVENT_BODIES.days} days or until an erasure, the rest for good",
        personal="payload",
        pseudonymous="id stripe_id object_id last_error",
        none="""type api_version livemode object_type status attempts next_attempt_at created_at
        received_at processed_at is_pulled""",
    ),
    Holding(
        "webhooks.StripeRecord",
        "what Stripe last said of a payment, refund, dispute or subscription, to compare with",
        _BOOKS,
        pseudonymous="id stripe_id intent_id key",
        none="kind status currency amount_pennies said_at ends_at terms",
    ),
    Holding(
        "webhooks.Reconciliation",
        "how comparing with Stripe went",
        _GOODS,
        none="id since said_at looked_at differed mended",
    ),
)
