"""What Stripe has, asked for by when it was made: page after page, newest first.

A list is taken while things go on, so an object made meanwhile can be missing from it, and one
that changes meanwhile is shown as it was. None is shown twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from payments.gateway.billing import listed_fact
from payments.gateway.billing_facts import ListedSubscription
from payments.gateway.calling import PAGE, client, translating
from payments.gateway.checkout import session_fact
from payments.gateway.disputes import dispute_fact
from payments.gateway.events import event_fact
from payments.gateway.facts import CheckoutSession, DisputeFact, Endpoint, Event, Intent, RefundFact
from payments.gateway.intents import intent_fact
from payments.gateway.refunds import refund_fact


def list_events(*, since: datetime) -> Iterator[Event]:
    """Events made at or after `since`, as far back as Stripe keeps them. Raises NotAnEvent."""
    with translating():
        listed = client().v1.events.list(
            params={"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        )
        for event in listed.auto_paging_iter():
            yield event_fact(event.to_dict(for_json=True))


def list_sessions(*, since: datetime) -> Iterator[CheckoutSession]:
    """Payment pages made at or after `since`."""
    with translating():
        listed = client().v1.checkout.sessions.list(
            params={"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        )
        yield from map(session_fact, listed.auto_paging_iter())


def list_intents(*, since: datetime) -> Iterator[Intent]:
    """PaymentIntents made at or after `since`."""
    with translating():
        listed = client().v1.payment_intents.list(
            params={"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        )
        yield from map(intent_fact, listed.auto_paging_iter())


def list_refunds(*, since: datetime) -> Iterator[RefundFact]:
    """Refunds made at or after `since`, whoever made them."""
    with translating():
        listed = client().v1.refunds.list(
            params={"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        )
        yield from map(refund_fact, listed.auto_paging_iter())


def list_disputes(*, since: datetime) -> Iterator[DisputeFact]:
    """Disputes opened at or after `since`."""
    with translating():
        listed = client().v1.disputes.list(
            params={"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        )
        yield from map(dispute_fact, listed.auto_paging_iter())


def list_subscriptions(*, since: datetime) -> Iterator[ListedSubscription]:
    """Subscriptions made at or after `since`, ended ones too."""
    with translating():
        listed = client().v1.subscriptions.list(
            params={
                "created": {"gte": int(since.timestamp())},
                "status": "all",
                "limit": PAGE,
            }
        )
        yield from map(listed_fact, listed.auto_paging_iter())


def list_endpoints() -> Iterator[Endpoint]:
    """Every address that Stripe sends events to."""
    with translating():
        for one in client().v1.webhook_endpoints.list(params={"limit": PAGE}).auto_paging_iter():
            yield Endpoint(
                id=one.id,
                url=one.url,
                status=one.status,
                api_version=one.api_version or "",
                enabled_events=tuple(one.enabled_events),
            )
