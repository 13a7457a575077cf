"""Stripe's facts as the terms that MRR is computed from."""

from __future__ import annotations

from collections.abc import Iterable

from payments.gateway import DiscountFact, GatewayError, ItemFact, SubscriptionFact
from subscriptions.mrr import Discount, Item, Terms
from subscriptions.words import Interval, SubscriptionStatus


class UnknownTerms(GatewayError):
    """Stripe says something that this shop has no word for: a person must look."""


def terms_of(fact: SubscriptionFact) -> Terms:
    """The fact's terms. Raises UnknownTerms for a status or an interval that is none."""
    try:
        return Terms(
            status=SubscriptionStatus(fact.status),
            items=tuple(_item(item) for item in fact.items),
            discounts=_discounts(fact.discounts),
            is_paused=fact.is_paused,
            ends_at=fact.ends_at,
        )
    except ValueError as error:
        raise UnknownTerms(f"Subscription {fact.id}: {error}; this shop knows no such.") from error


def _item(item: ItemFact) -> Item:
    return Item(
        product=item.product_id,
        unit=item.unit,
        quantity=item.quantity,
        interval=Interval(item.interval) if item.interval else None,
        interval_count=item.interval_count,
        is_metered=item.is_metered,
        inclusive_tax=item.inclusive_tax,
        discounts=_discounts(item.discounts),
    )


def _discounts(facts: Iterable[DiscountFact]) -> tuple[Discount, ...]:
    return tuple(
        Discount(fact.is_forever, fact.percent, fact.off_pennies, frozenset(fact.product_ids))
        for fact in facts
    )
