"""subscriptions.mrr: the whole table of what a subscription is worth a month, row by row."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from subscriptions.mrr import Discount, Item, Terms, mrr_pennies, rounded, shares
from subscriptions.words import Interval, SubscriptionStatus
from tests.app.conftest import NOW

ACTIVE = SubscriptionStatus.ACTIVE
FOREVER, FINITE = True, False
HALF = Fraction(50)
HALF_OFF_A = Discount(FOREVER, percent=HALF, products=frozenset({"a"}))


def _item(
    pennies: int | str = 1000, quantity: int = 1, every: str = "1 month", **rest: object
) -> Item:
    count, _, interval = every.partition(" ")
    return Item(Fraction(pennies), quantity, Interval(interval), int(count), **rest)  # type: ignore[arg-type]


def _terms(*items: Item, **rest: Any) -> Terms:
    return Terms(**{"status": ACTIVE, "items": items or (_item(),), **rest})


TABLE = {
    "£10 a month": (_terms(), 1000),
    "£10 a month, three of it": (_terms(_item(quantity=3)), 3000),
    "£120 a year": (_terms(_item(12000, every="1 year")), 1000),
    "£100 a year": (_terms(_item(10000, every="1 year")), 833),
    "£240 per 2 years": (_terms(_item(24000, every="2 year")), 1000),
    "£30 per 3 months": (_terms(_item(3000, every="3 month")), 1000),
    "£10 a week": (_terms(_item(1000, every="1 week")), 4333),
    "£1 a day": (_terms(_item(100, every="1 day")), 3042),
    "half a penny, a thousand of it": (_terms(_item("0.5", 1000)), 500),
    "50 % off forever": (_terms(discounts=(Discount(FOREVER, percent=HALF),)), 500),
    "50 % off once or repeating": (_terms(discounts=(Discount(FINITE, percent=HALF),)), 1000),
    "£20 off £10 forever": (_terms(discounts=(Discount(FOREVER, off_pennies=2000),)), 0),
    "£10 a month and £120 a year": (_terms(_item(), _item(12000, every="1 year")), 2000),
    "£12 including 20 % VAT": (_terms(_item(1200, inclusive_tax=Fraction(20))), 1000),
}

BESIDE_THE_TABLE = {
    "half a penny rounds up": (_terms(_item("0.5")), 1),
    "less than half a penny rounds down": (_terms(_item("0.499999999999")), 0),
    "each item rounds for itself": (_terms(_item("0.5"), _item("0.5")), 2),
    "by use": (_terms(_item(is_metered=True)), 0),
    "charged once": (_terms(Item(Fraction(1000), interval=None)), 0),
    "by use beside £10 a month": (_terms(_item(), _item(9, is_metered=True)), 1000),
    "collection paused": (_terms(is_paused=True), 0),
    "nothing in it": (Terms(ACTIVE, ()), 0),
    "free": (_terms(_item(0), discounts=(Discount(FOREVER, off_pennies=1),)), 0),
    "£5 off a £120 year forever": (
        _terms(_item(12000, every="1 year"), discounts=(Discount(FOREVER, off_pennies=500),)),
        958,
    ),
    "half off one of two items": (
        _terms(_item(discounts=(Discount(FOREVER, percent=HALF),)), _item()),
        1500,
    ),
    "half off the item, then £1 off each invoice": (
        _terms(
            _item(discounts=(Discount(FOREVER, percent=HALF),)),
            discounts=(Discount(FOREVER, off_pennies=100),),
        ),
        400,
    ),
    "£1 off, then half off": (
        _terms(discounts=(Discount(FOREVER, off_pennies=100), Discount(FOREVER, percent=HALF))),
        450,
    ),
    "£1 off each invoice of a monthly and a yearly item": (
        _terms(
            _item(),
            _item(12000, every="1 year"),
            discounts=(Discount(FOREVER, off_pennies=100),),
        ),
        1900,
    ),
    "£1 off each invoice of £30 per 3 months": (
        _terms(_item(3000, every="3 month"), discounts=(Discount(FOREVER, off_pennies=100),)),
        967,
    ),
    "£1 off a yearly invoice, by the day what comes by use, and something charged once": (
        _terms(
            _item(12000, every="1 year"),
            _item(every="1 day", is_metered=True),
            Item(Fraction(1000), interval=None),
            discounts=(Discount(FOREVER, off_pennies=100),),
        ),
        992,
    ),
    "£9.99 off one item of £10": (
        _terms(_item(discounts=(Discount(FOREVER, off_pennies=999),))),
        1,
    ),
    "half off a price that holds tax": (
        _terms(
            _item(1200, inclusive_tax=Fraction(20)), discounts=(Discount(FOREVER, percent=HALF),)
        ),
        500,
    ),
    "£1 off what comes by use": (
        _terms(_item(is_metered=True), discounts=(Discount(FOREVER, off_pennies=100),)),
        0,
    ),
    "half off one product of two": (
        _terms(_item(product="a"), _item(2000, product="b"), discounts=(HALF_OFF_A,)),
        2500,
    ),
    "half off a product that is not in it": (_terms(discounts=(HALF_OFF_A,)), 1000),
    "half off one product, £1 off each invoice, then half off all": (
        _terms(
            _item(product="a"),
            _item(2000, product="b"),
            discounts=(
                HALF_OFF_A,
                Discount(FOREVER, off_pennies=100),
                Discount(FOREVER, percent=HALF),
            ),
        ),
        1200,
    ),
    "£5 off a product that is paid by the year, beside others by the month": (
        _terms(
            _item(12000, every="1 year", product="a"),
            _item(product="b"),
            _item(product="c"),
            discounts=(
                Discount(FOREVER, off_pennies=500, products=frozenset({"a"})),
                Discount(FOREVER, off_pennies=250, products=frozenset({"b", "c"})),
            ),
        ),
        2708,
    ),
    "£15 off one product of £10": (
        _terms(
            _item(product="a"),
            _item(product="b"),
            discounts=(Discount(FOREVER, off_pennies=1500, products=frozenset({"a"})),),
        ),
        1000,
    ),
    "half off a product that two items are of": (
        _terms(_item(product="a"), _item(product="a"), discounts=(HALF_OFF_A,)),
        1000,
    ),
    "a coupon of the item for another product": (
        _terms(_item(product="b", discounts=(HALF_OFF_A,))),
        1000,
    ),
    "12.5 % off": (_terms(discounts=(Discount(FOREVER, percent=Fraction("12.5")),)), 875),
}


@pytest.mark.parametrize(
    ("terms", "pennies"),
    [*TABLE.values(), *BESIDE_THE_TABLE.values()],
    ids=[*TABLE, *BESIDE_THE_TABLE],
)
def test_a_subscription_is_worth_what_the_table_says(terms: Terms, pennies: int) -> None:
    assert mrr_pennies(terms, at=NOW) == pennies


COUNTS = {"active": 1000, "past_due": 1000}


@pytest.mark.parametrize("status", list(SubscriptionStatus))
def test_only_active_and_past_due_count(status: SubscriptionStatus) -> None:
    assert mrr_pennies(_terms(status=status), at=NOW) == COUNTS.get(status.value, 0)


@pytest.mark.parametrize(
    ("after", "pennies"),
    [(timedelta(days=-30), 1000), (timedelta(microseconds=-1), 1000), (timedelta(0), 0)],
    ids=["long before", "just before", "at its date"],
)
def test_a_subscription_that_is_to_end_counts_until_its_date(
    after: timedelta, pennies: int
) -> None:
    assert mrr_pennies(_terms(ends_at=NOW), at=NOW + after) == pennies


def test_of_what_is_free_all_counts() -> None:
    discounts = (Discount(FOREVER, percent=HALF), Discount(FOREVER, off_pennies=100))
    assert shares(_terms(_item(0, discounts=discounts), discounts=discounts)) == (1,)


def test_fifteen_hundred_subscriptions_add_up_to_the_penny() -> None:
    every = [_terms(_item(number, every="1 year")) for number in range(1500)]
    # Of each twelve prices, 12 k to 12 k + 11 pennies a year, six round to k and six to k + 1.
    assert sum(mrr_pennies(terms, at=NOW) for terms in every) == sum(12 * k + 6 for k in range(125))


items = st.builds(
    _item,
    st.integers(0, 10**9),
    st.integers(0, 1000),
    st.sampled_from(["1 day", "2 week", "1 month", "3 month", "1 year"]),
    is_metered=st.booleans(),
    inclusive_tax=st.sampled_from([Fraction(0), Fraction(20), Fraction("5.5")]),
    product=st.sampled_from(["a", "b"]),
)
discounts = st.builds(
    Discount,
    st.booleans(),
    st.fractions(0, 100, max_denominator=100),
    st.integers(0, 10**7),
    st.frozensets(st.sampled_from(["a", "c"])),
)


@settings(max_examples=50)
@given(st.lists(items, max_size=4), st.lists(discounts, max_size=3))
def test_discounts_and_tax_only_ever_take_away_and_never_more_than_there_is(
    items: list[Item], discounts: list[Discount]
) -> None:
    terms = _terms(items=tuple(items), discounts=tuple(discounts))
    undiscounted = replace(terms, discounts=())
    assert all(0 <= share <= 1 for share in shares(terms))
    assert 0 <= mrr_pennies(terms, at=NOW) <= mrr_pennies(undiscounted, at=NOW)


@given(st.fractions(0, 10**12))
@example(Fraction(1, 2))
@example(Fraction(5, 2))
def test_rounding_is_to_the_nearest_and_half_goes_up(exact: Fraction) -> None:
    assert -Fraction(1, 2) < rounded(exact) - exact <= Fraction(1, 2)
