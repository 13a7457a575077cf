"""What Stripe said about its objects, in one form for all kinds, and where it is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from payments import gateway
from payments.models import PaymentStatus
from webhooks.facts import Fetched
from webhooks.models import MISSING, Kind, StripeRecord

# Rows that one statement writes.
BATCH = 500


@dataclass(frozen=True)
class Said:
    """One object as Stripe has it, as far as the shop must agree with it."""

    kind: Kind
    id: str
    status: str
    currency: str = ""
    amount_pennies: int = 0
    intent_id: str = ""
    key: str = ""
    terms: str = ""
    ends_at: datetime | None = None


def missing(kind: Kind, stripe_id: str) -> Said:
    """Stripe knows no such object."""
    return Said(kind, stripe_id, MISSING)


def session(found: gateway.CheckoutSession) -> Said:
    return Said(Kind.SESSION, found.id, found.status, intent_id=found.intent_id, key=found.key)


def intent(found: gateway.Intent) -> Said:
    """Its amount is what was received."""
    return Said(
        Kind.INTENT,
        found.id,
        found.status,
        found.currency,
        found.received_pennies if found.status == PaymentStatus.SUCCEEDED else 0,
        intent_id=found.id,
        key=found.key,
    )


def refund(found: gateway.RefundFact) -> Said:
    return Said(
        Kind.REFUND,
        found.id,
        found.status,
        found.currency,
        found.amount_pennies,
        found.intent_id,
        found.key,
    )


def dispute(found: gateway.DisputeFact) -> Said:
    return Said(
        Kind.DISPUTE,
        found.id,
        found.status,
        found.currency,
        found.amount_pennies,
        found.intent_id,
    )


def subscription(found: gateway.ListedSubscription | gateway.SubscriptionFact) -> Said:
    if isinstance(found, gateway.SubscriptionFact):
        prices = [(item.price_id, item.quantity) for item in found.items]
    else:
        prices = list(found.prices)
    return Said(
        Kind.SUBSCRIPTION,
        found.id,
        found.status,
        found.currency,
        key=found.key,
        terms=("paused, " if found.is_paused else "")
        + ", ".join(sorted(f"{quantity} × {price}" for price, quantity in prices)),
        ends_at=found.ends_at,
    )


def endpoint(found: gateway.Endpoint) -> Said:
    """Its terms are three lines: version, types of events, address."""
    types = ",".join(sorted(found.enabled_events))
    terms = f"{found.api_version}\n{types}\n{found.url}"
    return Said(Kind.ENDPOINT, found.id, found.status, terms=terms)


def about(fetched: Fetched) -> Iterator[Said]:
    """Everything that was heard."""
    if fetched.session:
        yield session(fetched.session)
    if fetched.intent:
        yield intent(fetched.intent)
    if fetched.refund:
        yield refund(fetched.refund)
    if fetched.dispute:
        yield dispute(fetched.dispute)
    if fetched.subscription:
        yield subscription(fetched.subscription.fact)


def keep(everything: Sequence[Said], *, at: datetime) -> None:
    """Write down what was said to whoever asked at `at`; what was said later stays."""
    newer = set(
        StripeRecord.objects.filter(
            stripe_id__in=[one.id for one in everything], said_at__gt=at
        ).values_list("stripe_id", flat=True)
    )
    StripeRecord.objects.bulk_create(
        [_row(one, at) for one in everything if one.id not in newer],
        update_conflicts=True,
        unique_fields=["stripe_id"],
        update_fields=[
            *("status", "currency", "amount_pennies", "intent_id"),
            *("key", "terms", "ends_at", "said_at"),
        ],
        batch_size=BATCH,
    )


def keep_news(fetched: Fetched, *, at: datetime) -> None:
    """What is heard about objects that have a row is written there; the others get none."""
    for one in about(fetched):
        row = _row(one, at)
        StripeRecord.objects.filter(stripe_id=one.id, said_at__lte=at).update(
            status=row.status,
            currency=row.currency,
            amount_pennies=row.amount_pennies,
            intent_id=row.intent_id,
            key=row.key,
            terms=row.terms,
            ends_at=row.ends_at,
            said_at=at,
        )


def _row(said: Said, at: datetime) -> StripeRecord:
    return StripeRecord(
        kind=said.kind,
        stripe_id=said.id,
        status=said.status,
        currency=said.currency,
        amount_pennies=said.amount_pennies,
        intent_id=said.intent_id,
        key=said.key,
        terms=said.terms,
        ends_at=said.ends_at,
        said_at=at,
    )
