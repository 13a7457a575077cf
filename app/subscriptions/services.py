"""What Stripe's facts make of the shop's subscriptions: seen, then written down.

Note [Overtaken facts]: a subscription goes back and forth (active, past due, active), so from two
facts alone nobody can tell which is newer. Each look at Stripe therefore takes the database's
time first, one clock for all workers, and a look that began before the one already written down
is dropped. Whoever handles the last event looks after the last change; no later look sees less.
So any order and any repetition of the same events ends in the same state.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from payments import gateway
from payments.gateway import ItemFact, SubscriptionFact
from payments.services import Disagrees
from subscriptions import ledger
from subscriptions.models import Start, StartStatus, Subscription, SubscriptionItem
from subscriptions.mrr import Terms, mrr_pennies, shares
from subscriptions.terms import terms_of
from subscriptions.words import UNPAID_AT_FIRST


@dataclass(frozen=True)
class Seen:
    """A subscription as Stripe has it, asked for at the database's time `at`."""

    fact: SubscriptionFact
    at: datetime


def look(subscription_id: str) -> Seen:
    """The subscription at Stripe, now. Never called with a transaction open: the time would be
    taken from before it. Raises gateway.Rejected, gateway.Unknown or gateway.CannotValue."""
    at = database_time()
    return Seen(gateway.retrieve_subscription(subscription_id), at)


def confirm(*, seen: Seen, now: datetime) -> Subscription:
    """The subscription as it was seen, with its MRR in the ledger at `now`.

    Any number of times and in any order: what was overtaken changes nothing, and nothing follows
    an end. One of an unknown customer is kept without them. Raises Disagrees or UnknownTerms.
    """
    fact, terms = seen.fact, terms_of(seen.fact)
    with transaction.atomic():
        subscription = _locked(seen)
        if subscription.currency != fact.currency:
            raise Disagrees(
                f"Subscription {subscription.pk}: Stripe has {fact.currency}, expected "
                f"{subscription.currency}; look at both."
            )
        follows_an_end = subscription.has_ended and terms.status != subscription.status
        if seen.at < subscription.seen_at or follows_an_end:
            return subscription
        _write(subscription, seen, terms)
        ledger.record(subscription=subscription, after_pennies=mrr_pennies(terms, at=now), now=now)
    return subscription


def database_time() -> datetime:
    """The database's clock, this very moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        at: datetime = cursor.fetchone()[0]
    return at


def _locked(seen: Seen) -> Subscription:
    """The subscription's row, held until the transaction ends; a new one when there is none."""
    fact = seen.fact
    new = Subscription(
        stripe_subscription_id=fact.id,
        stripe_customer_id=fact.customer_id,
        status=fact.status,
        currency=fact.currency,
        started_at=fact.started_at,
        seen_at=seen.at,
    )
    # ON CONFLICT DO NOTHING: of two workers that see it first, one makes the row.
    Subscription.objects.bulk_create([new], ignore_conflicts=True)
    return Subscription.objects.select_for_update().get(stripe_subscription_id=fact.id)


def _write(subscription: Subscription, seen: Seen, terms: Terms) -> None:
    fact = seen.fact
    start = Start.objects.filter(idempotency_key=fact.key).first() if fact.key else None
    if start is not None:
        subscription.customer_id = start.customer_id
        # Refused cards leave one incomplete while its page stays open for another card.
        if terms.status not in UNPAID_AT_FIRST:
            Start.objects.filter(pk=start.pk).update(status=StartStatus.COMPLETED)
    subscription.stripe_customer_id = fact.customer_id
    subscription.status = terms.status
    subscription.is_paused = fact.is_paused
    subscription.started_at = fact.started_at
    subscription.period_ends_at = fact.period_ends_at
    subscription.ends_at = fact.ends_at
    subscription.ended_at = fact.ended_at
    subscription.seen_at = seen.at
    subscription.save()
    _write_items(subscription, fact, terms)


def _write_items(subscription: Subscription, fact: SubscriptionFact, terms: Terms) -> None:
    kept = {item.id for item in fact.items}
    subscription.items.exclude(stripe_item_id__in=kept).delete()
    counts = shares(terms)
    for number, item in enumerate(fact.items):
        SubscriptionItem.objects.update_or_create(
            stripe_item_id=item.id,
            defaults={
                "subscription": subscription,
                "kept_numerator": counts[number].numerator,
                "kept_denominator": counts[number].denominator,
                **_columns(item),
            },
        )


def _columns(item: ItemFact) -> dict[str, object]:
    return {
        "stripe_price_id": item.price_id,
        # Exact: Stripe gives at most twelve places, and a column holds as many.
        "unit_pennies": Decimal(item.unit.numerator) / item.unit.denominator,
        "quantity": item.quantity,
        "interval": item.interval,
        "interval_count": item.interval_count,
        "is_metered": item.is_metered,
    }
