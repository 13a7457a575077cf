"""subscriptions.ledger: what changed when, and what it adds up to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from subscriptions.ledger import Movement, kind_of, movements, record, series, totals
from subscriptions.models import Change, MrrChange, Subscription
from tests.app.conftest import NOW

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("before", "after", "is_first", "kind"),
    [
        (0, 1000, True, Change.NEW),
        (0, 1000, False, Change.REACTIVATION),
        (1000, 2000, False, Change.EXPANSION),
        (2000, 1000, False, Change.CONTRACTION),
        (1000, 0, False, Change.CHURN),
    ],
)
def test_a_change_is_called_what_it_is(
    before: int, after: int, is_first: bool, kind: Change
) -> None:
    assert kind_of(before, after, is_first=is_first) == kind


def test_what_gained_nothing_is_no_expansion() -> None:
    assert kind_of(1000, 1000, is_first=False) != Change.EXPANSION


def test_the_same_amount_again_is_no_change(subscribe: Any, now: datetime) -> None:
    subscription = subscribe(1000, now)
    assert record(subscription=subscription, after_pennies=1000, now=now + DAY) is None
    assert MrrChange.objects.count() == 1


def test_a_clock_that_is_behind_does_not_turn_the_ledger_back(
    subscribe: Any, now: datetime
) -> None:
    subscription = subscribe(1000, now)
    change = record(subscription=subscription, after_pennies=0, now=now - DAY)
    assert change is not None
    assert change.at == now


def test_movements_say_what_happened_in_a_range(subscribe: Any, now: datetime) -> None:
    one = subscribe(1000, now)
    two = subscribe(500, now + DAY)
    for subscription, pennies in ((one, 1600), (two, 0), (one, 1200), (two, 700)):
        record(subscription=subscription, after_pennies=pennies, now=now + 2 * DAY)
    assert movements(start=now + DAY, end=now + 3 * DAY) == {
        "GBP": Movement(
            start_pennies=1000,
            new_pennies=500,
            expansion_pennies=600,
            reactivation_pennies=700,
            contraction_pennies=400,
            churn_pennies=500,
        )
    }
    assert movements(start=now + DAY, end=now + 3 * DAY)["GBP"].end_pennies == 1900
    assert totals(at=now + 3 * DAY) == {"GBP": 1900}


def test_a_range_holds_its_start_and_not_its_end(subscribe: Any, now: datetime) -> None:
    subscribe(1000, now)
    assert totals(at=now) == {}
    assert totals(at=now + timedelta(microseconds=1)) == {"GBP": 1000}
    assert movements(start=now - DAY, end=now) == {}
    assert movements(start=now, end=now + DAY) == {"GBP": Movement(new_pennies=1000)}


def test_currencies_are_never_added_up(subscribe: Any, now: datetime) -> None:
    subscribe(1000, now)
    subscribe(150_000, now, currency="JPY")
    assert totals(at=now + DAY) == {"GBP": 1000, "JPY": 150_000}
    assert movements(start=now, end=now + DAY) == {
        "GBP": Movement(new_pennies=1000),
        "JPY": Movement(new_pennies=150_000),
    }


def test_a_year_of_months_is_one_query(
    subscribe: Any, now: datetime, django_assert_num_queries: Any
) -> None:
    subscribe(1000, now - 40 * DAY)
    subscribe(500, now)
    moments = [now + 30 * number * DAY for number in range(-12, 2)]
    with django_assert_num_queries(1):
        found = series(moments)["GBP"]
    assert [movement.end_pennies for movement in found] == [*[0] * 10, 1000, 1000, 1500]
    assert [found[0].start_pennies, found[11].start_pennies, found[12].start_pennies] == [
        0,
        1000,
        1000,
    ]


def test_an_empty_ledger_adds_up_to_nothing(db: None, now: datetime) -> None:
    assert totals(at=now) == {}
    assert series([now, now + DAY]) == {}


# One of each price from a penny to £15, written at once.
_FIFTEEN_HUNDRED = """
    WITH made AS (
        INSERT INTO subscriptions_subscription (
            stripe_subscription_id, stripe_customer_id, status, currency, mrr_pennies,
            is_paused, started_at, seen_at
        )
        SELECT 'sub_' || pennies, 'cus_' || pennies, 'active', 'GBP', pennies,
            false, %(now)s, %(now)s
        FROM generate_series(1, 1500) pennies
        RETURNING id, mrr_pennies
    )
    INSERT INTO subscriptions_mrrchange (
        subscription_id, at, currency, before_pennies, after_pennies, kind
    )
    SELECT id, %(now)s, 'GBP', 0, mrr_pennies, 'new' FROM made
"""


def test_fifteen_hundred_subscriptions_give_the_full_sum(db: None, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_FIFTEEN_HUNDRED, {"now": now})
    assert totals(at=now + DAY) == {"GBP": 1500 * 1501 // 2}


steps = st.tuples(st.integers(0, 2), st.integers(0, 3000), st.integers(0, 86_400))
edges = st.lists(st.integers(0, 500_000), min_size=2, max_size=5).map(sorted)


class TestIdentity(TestCase):
    """What hypothesis writes is rolled back after each example."""

    @settings(max_examples=40, deadline=None)
    @given(st.lists(steps, max_size=12), edges)
    def test_start_and_movements_make_the_end_over_any_range(
        self, steps: list[tuple[int, int, int]], edges: list[int]
    ) -> None:
        made = [
            Subscription.objects.create(
                stripe_subscription_id=f"sub_{number}",
                stripe_customer_id="cus",
                status="active",
                currency=currency,
                started_at=NOW,
                seen_at=NOW,
            )
            for number, currency in enumerate(["GBP", "GBP", "JPY"])
        ]
        worth: list[tuple[int, str, int]] = []
        elapsed = 0
        for which, pennies, wait in steps:
            elapsed += wait
            record(
                subscription=made[which],
                after_pennies=pennies,
                now=NOW + timedelta(seconds=elapsed),
            )
            code = made[which].currency
            now_worth = sum(one.mrr_pennies for one in made if one.currency == code)
            worth.append((elapsed, code, now_worth))
        moments = [NOW + timedelta(seconds=edge) for edge in edges]
        for code, ranges in series(moments).items():
            for movement, start, end in zip(ranges, edges, edges[1:], strict=False):
                assert movement.start_pennies == _worth(worth, code, start)
                assert movement.end_pennies == _worth(worth, code, end)


def _worth(worth: list[tuple[int, str, int]], currency: str, before: int) -> int:
    """The last sum of that currency before a second, by plain counting."""
    return next(
        (pennies for at, code, pennies in reversed(worth) if code == currency and at < before), 0
    )
