"""From an event to facts and from facts to the shop: fetch outside of transactions, apply inside.

Note [Replayed events]: an event only says which object to look at. What is written comes from
the object as Stripe has it now, so events may come twice, late and in any order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from payments import disputes, gateway
from payments import services as payments
from refunds import services as refunds
from subscriptions import services as subscriptions
from subscriptions import starting
from webhooks.models import Kind, StripeEvent


@dataclass(frozen=True)
class Fetched:
    """What Stripe says now about an event's object."""

    session: gateway.CheckoutSession | None = None
    intent: gateway.Intent | None = None
    refund: gateway.RefundFact | None = None
    dispute: gateway.DisputeFact | None = None
    subscription: subscriptions.Seen | None = None


def handles(event_type: str) -> bool:
    """Whether this shop acts on events of this type."""
    return event_type in HANDLED


def fetch(event: StripeEvent) -> Fetched:
    """The event's object now. Makes HTTP calls; raises gateway.Rejected or gateway.Unknown."""
    return look(HANDLED[event.type], event.object_id)


def look(kind: Kind, stripe_id: str) -> Fetched:
    """The object now, with what belongs to it. Makes HTTP calls and raises as `fetch` does."""
    return _LOOK[kind](stripe_id)


def apply(fetched: Fetched, *, now: datetime) -> None:
    """Write the facts. The caller holds the transaction; raises payments.NotOurs or Disagrees."""
    if fetched.subscription:
        subscriptions.confirm(seen=fetched.subscription, now=now)
        return
    if fetched.session and starting.sold_by(fetched.session):
        starting.close(session=fetched.session)
        return
    if fetched.refund:
        refunds.confirm(fact=fetched.refund, now=now)
        return
    if fetched.dispute:
        disputes.record(fact=fetched.dispute, now=now)
        return
    session, intent = fetched.session, fetched.intent
    payment = payments.find(
        intent_id=intent.id if intent else "",
        session_id=session.id if session else "",
        key=(session.key if session else "") or (intent.key if intent else ""),
    )
    payments.settle(payment=payment, intent=intent, session=session, now=now)


def _session(session_id: str) -> Fetched:
    """The page and what it sold: an order's payment, or a subscription, which is none."""
    session = gateway.retrieve_session(session_id)
    if session.subscription_id:
        return _subscription(session.subscription_id)
    intent = gateway.retrieve_intent(session.intent_id) if session.intent_id else None
    return Fetched(session=session, intent=intent)


def _intent(intent_id: str) -> Fetched:
    intent = gateway.retrieve_intent(intent_id)
    # Stripe pays a subscription's invoice by an intent too, and that one carries no key of ours.
    billed = "" if intent.key else gateway.find_subscription_paid_by(intent_id=intent_id)
    return _subscription(billed) if billed else Fetched(intent=intent)


def _refund(refund_id: str) -> Fetched:
    refund = gateway.retrieve_refund(refund_id)
    billed = "" if refund.key else _billed(refund.intent_id)
    return _subscription(billed) if billed else Fetched(refund=refund)


def _dispute(dispute_id: str) -> Fetched:
    dispute = gateway.retrieve_dispute(dispute_id)
    billed = _billed(dispute.intent_id)
    return _subscription(billed) if billed else Fetched(dispute=dispute)


def _billed(intent_id: str) -> str:
    """The subscription whose invoice the intent paid, for what is given back or disputed of it is
    no order's money either. Empty for an intent that paid an order, or one that nobody knows."""
    is_of_order = not intent_id or payments.knows(intent_id=intent_id)
    return "" if is_of_order else gateway.find_subscription_paid_by(intent_id=intent_id)


def _subscription(subscription_id: str) -> Fetched:
    return Fetched(subscription=subscriptions.look(subscription_id))


_LOOK: dict[Kind, Callable[[str], Fetched]] = {
    Kind.SESSION: _session,
    Kind.INTENT: _intent,
    Kind.REFUND: _refund,
    Kind.DISPUTE: _dispute,
    Kind.SUBSCRIPTION: _subscription,
}
HANDLED: dict[str, Kind] = {
    "checkout.session.completed": Kind.SESSION,
    "checkout.session.async_payment_succeeded": Kind.SESSION,
    "checkout.session.async_payment_failed": Kind.SESSION,
    "checkout.session.expired": Kind.SESSION,
    "payment_intent.requires_action": Kind.INTENT,
    "payment_intent.processing": Kind.INTENT,
    "payment_intent.payment_failed": Kind.INTENT,
    "payment_intent.succeeded": Kind.INTENT,
    "payment_intent.canceled": Kind.INTENT,
    "refund.created": Kind.REFUND,
    "refund.updated": Kind.REFUND,
    "refund.failed": Kind.REFUND,
    "charge.refund.updated": Kind.REFUND,
    "charge.dispute.created": Kind.DISPUTE,
    "charge.dispute.updated": Kind.DISPUTE,
    "charge.dispute.closed": Kind.DISPUTE,
    "charge.dispute.funds_withdrawn": Kind.DISPUTE,
    "charge.dispute.funds_reinstated": Kind.DISPUTE,
    "customer.subscription.created": Kind.SUBSCRIPTION,
    "customer.subscription.updated": Kind.SUBSCRIPTION,
    "customer.subscription.deleted": Kind.SUBSCRIPTION,
    "customer.subscription.paused": Kind.SUBSCRIPTION,
    "customer.subscription.resumed": Kind.SUBSCRIPTION,
    "customer.subscription.trial_will_end": Kind.SUBSCRIPTION,
}
