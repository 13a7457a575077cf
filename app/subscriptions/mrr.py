"""What a subscription is worth a month (MRR): decided without the database, in exact fractions.

Stripe's own default definition: https://support.stripe.com/questions/billing-analytics. Amounts
are minor units of the subscription's currency. An item's price may be a fraction of one, so it
stays a Fraction until it is rounded, half up and once per item.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from subscriptions.words import Interval, SubscriptionStatus

COUNTED = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE})
# How often a month each interval comes: 365 days, 52 weeks or one year in twelve months.
TIMES_A_MONTH = {
    Interval.DAY: Fraction(365, 12),
    Interval.WEEK: Fraction(52, 12),
    Interval.MONTH: Fraction(1),
    Interval.YEAR: Fraction(1, 12),
}


@dataclass(frozen=True)
class Discount:
    """A coupon as it was applied: `percent` of the price or `off_pennies` an invoice. Only one
    that lasts `forever` reduces MRR. With `products` it lowers their prices only."""

    is_forever: bool
    percent: Fraction = Fraction(0)
    off_pennies: int = 0
    products: frozenset[str] = frozenset()

    def lowers(self, item: Item) -> bool:
        """Whether it takes anything from this item's price."""
        return self.is_forever and (not self.products or item.product in self.products)


@dataclass(frozen=True)
class Item:
    """`unit` minor units, `quantity` times, each `interval_count` intervals; no interval: charged
    once. `inclusive_tax` is the percentage of tax that the price already holds."""

    unit: Fraction
    quantity: int = 1
    interval: Interval | None = Interval.MONTH
    interval_count: int = 1
    is_metered: bool = False
    inclusive_tax: Fraction = Fraction(0)
    discounts: tuple[Discount, ...] = ()
    product: str = ""


@dataclass(frozen=True)
class Terms:
    """All of a subscription that its MRR depends on. `ends_at` is when it ends or has ended."""

    status: SubscriptionStatus
    items: tuple[Item, ...]
    discounts: tuple[Discount, ...] = ()
    is_paused: bool = False
    ends_at: datetime | None = None


# An item, and what of its price is left, from 0 to 1.
_Part = tuple[Item, Fraction]


def mrr_pennies(terms: Terms, *, at: datetime) -> int:
    """The subscription's MRR at that moment, in whole minor units; never below zero."""
    if not counts(terms, at=at):
        return 0
    return sum(map(_worth, terms.items, shares(terms)))


def counts(terms: Terms, *, at: datetime) -> bool:
    """Whether a subscription like this counts at all. One that is to end counts until it does."""
    has_ended = terms.ends_at is not None and terms.ends_at <= at
    return terms.status in COUNTED and not terms.is_paused and not has_ended


def monthly(item: Item) -> Fraction:
    """The item's price for a month, before discounts and with its tax; 0 for what comes once or
    by use, because nobody knows what the next month brings."""
    if item.interval is None or item.is_metered:
        return Fraction(0)
    per_interval = item.unit * item.quantity / item.interval_count
    return per_interval * TIMES_A_MONTH[item.interval]


def shares(terms: Terms) -> tuple[Fraction, ...]:
    """What of each item's price counts, from 0 to 1: discounts taken off, then inclusive tax.

    The item's own discounts come first. An amount off several items is taken off each invoice of
    them, so once per their shortest interval, and shared by price as Stripe does on the invoice.
    """
    own = [left for one in terms.items for left in _kept(one.discounts, [(one, Fraction(1))])]
    kept = _kept(terms.discounts, own)
    return tuple(part / (1 + item.inclusive_tax / 100) for item, part in kept)


def rounded(exact: Fraction) -> int:
    """The nearest whole number, half up."""
    return (exact + Fraction(1, 2)).__floor__()


def _worth(item: Item, share: Fraction) -> int:
    """What counts of the item, rounded for itself."""
    return rounded(monthly(item) * share)


def _kept(discounts: Sequence[Discount], priced: list[_Part]) -> list[_Part]:
    """What is left of these parts of prices by the discounts, one after the other."""
    for discount in discounts:
        share = _share_left(discount, priced)
        priced = [(item, part * share if discount.lowers(item) else part) for item, part in priced]
    return priced


def _share_left(discount: Discount, priced: list[_Part]) -> Fraction:
    """The share that the discount leaves of what it lowers. Of nothing, nothing is taken."""
    lowered = [(item, part) for item, part in priced if discount.lowers(item)]
    full = sum(monthly(item) * part for item, part in lowered)
    if not full:
        return Fraction(1)
    invoices = _invoices([item for item, _ in lowered])
    return max(1 - discount.percent / 100 - discount.off_pennies * invoices / full, Fraction(0))


def _invoices(items: Sequence[Item]) -> Fraction:
    """How many invoices come a month: one for each of the shortest interval charged."""
    return max(
        TIMES_A_MONTH[item.interval] / item.interval_count
        for item in items
        if item.interval is not None and not item.is_metered
    )
