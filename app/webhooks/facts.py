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
from webhooks.models import StripeEvent


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
    return HANDLED[event.type](event.object_id)


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
    return Fetched(refund=gateway.retrieve_refund(refund_id))


def _dispute(dispute_id: str) -> Fetched:
    return Fetched(dispute=gateway.retrieve_dispute(dispute_id))


def _subscription(subscription_id: str) -> Fetched:
    return Fetched(subscription=subscriptions.look(subscription_id))


HANDLED: dict[str, Callable[[str], Fetched]] = {
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    "checkout.session.async_payment_failed": _session,
    "checkout.session.expired": _session,
    "payment_intent.requires_action": _intent,
    "payment_intent.processing": _intent,
    "payment_intent.payment_failed": _intent,
    "payment_intent.succeeded": _intent,
    "payment_intent.canceled": _intent,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.refund.updated": _refund,
    "charge.dispute.created": _dispute,
    "charge.dispute.updated": _dispute,
    "charge.dispute.closed": _dispute,
    "charge.dispute.funds_withdrawn": _dispute,
    "charge.dispute.funds_reinstated": _dispute,
    "customer.subscription.created": _subscription,
    "customer.subscription.updated": _subscription,
    "customer.subscription.deleted": _subscription,
    "customer.subscription.paused": _subscription,
    "customer.subscription.resumed": _subscription,
    "customer.subscription.trial_will_end": _subscription,
}
