"""What the page on MRR quotes: what counts and how, and a table worked out by the function that
decides in the shop."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from core.money import display
from subscriptions.mrr import COUNTED, TIMES_A_MONTH, Discount, Item, Terms, mrr_pennies
from subscriptions.words import Interval, SubscriptionStatus

# What the table's subscriptions are looked at, and in which currency.
_AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_CURRENCY = "GBP"
_HALF = Discount(is_forever=True, percent=Fraction(50))


def _terms(
    *prices: tuple[int, int, Interval],
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE,
    discount: Discount | None = None,
    ends_at: datetime | None = None,
) -> Terms:
    """Items of pennies each so many intervals."""
    items = tuple(Item(Fraction(unit), 1, every, count) for unit, count, every in prices)
    return Terms(status, items, (discount,) if discount else (), ends_at=ends_at)


_TEN = (1000, 1, Interval.MONTH)
_YEARLY = (12000, 1, Interval.YEAR)
EXAMPLES: Mapping[str, Terms] = {
    "£10.00 a month": _terms(_TEN),
    "£10.00 a month, three of it": Terms(
        SubscriptionStatus.ACTIVE, (Item(Fraction(1000), quantity=3),)
    ),
    "£120.00 a year": _terms(_YEARLY),
    "£100.00 a year": _terms((10000, 1, Interval.YEAR)),
    "£240.00 every 2 years": _terms((24000, 2, Interval.YEAR)),
    "£30.00 every 3 months": _terms((3000, 3, Interval.MONTH)),
    "£10.00 a week": _terms((1000, 1, Interval.WEEK)),
    "£1.00 a day": _terms((100, 1, Interval.DAY)),
    "£10.00 a month and £120.00 a year": _terms(_TEN, _YEARLY),
    "£12.00 a month, 20 % VAT in it": Terms(
        SubscriptionStatus.ACTIVE, (Item(Fraction(1200), inclusive_tax=Fraction(20)),)
    ),
    "£10.00 a month, 50 % off for ever": _terms(_TEN, discount=_HALF),
    "£10.00 a month, 50 % off once": _terms(_TEN, discount=Discount(False, Fraction(50))),
    "£10.00 a month, £20.00 off for ever": _terms(_TEN, discount=Discount(True, off_pennies=2000)),
    "£10.00 a month, payment overdue": _terms(_TEN, status=SubscriptionStatus.PAST_DUE),
    "£10.00 a month, on trial": _terms(_TEN, status=SubscriptionStatus.TRIALING),
    "£10.00 a month, canceled": _terms(_TEN, status=SubscriptionStatus.CANCELED),
    "£10.00 a month, to end tomorrow": _terms(_TEN, ends_at=_AT + timedelta(days=1)),
    "£10.00 a month, charged by use": Terms(
        SubscriptionStatus.ACTIVE, (Item(Fraction(1000), is_metered=True),)
    ),
}


def mrr_facts() -> dict[str, list[str] | list[dict[str, str]]]:
    """Flat, dotted keys, as `facts.facts` has them."""
    return {
        "mrr.counted": [status.value for status in SubscriptionStatus if status in COUNTED],
        "mrr.not_counted": [status.value for status in SubscriptionStatus if status not in COUNTED],
        "mrr.times_a_month": [
            {"interval": interval.value, "times": str(times)}
            for interval, times in TIMES_A_MONTH.items()
        ],
        "mrr.worked_example": [
            {"subscription": words, "mrr": display(mrr_pennies(terms, at=_AT), _CURRENCY)}
            for words, terms in EXAMPLES.items()
        ],
    }
