"""analyticsapp.snapshots: what each figure counts, and that rows come out the same whatever the
order, the range and the number of times they are taken."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as PropertyTestCase

from analyticsapp import snapshots
from analyticsapp.days import NoSuchDays
from analyticsapp.models import (
    MOVEMENT_FIGURES,
    SNAPSHOT_FIGURES,
    DailySnapshot,
    MrrMovement,
)
from analyticsapp.tests.past import NOW, Past, at, day

Figures = dict[str, int]


def take(number: int) -> int:
    """Rows that changed by taking this day's snapshot."""
    return snapshots.take(day=day(number), now=NOW).rows


def of(number: int, currency: str = "GBP") -> Figures:
    """The figures of a day that are not nought."""
    row = DailySnapshot.objects.get(day=day(number), currency=currency)
    return {name: getattr(row, name) for name in SNAPSHOT_FIGURES if getattr(row, name)}


def moved(number: int, currency: str = "GBP") -> Figures:
    row = MrrMovement.objects.get(day=day(number), currency=currency)
    return {name: getattr(row, name) for name in MOVEMENT_FIGURES if getattr(row, name)}


def everything() -> list[tuple[Any, ...]]:
    """Every row of both tables, without its key and the time it was taken."""
    days = DailySnapshot.objects.order_by("currency", "day")
    movements = MrrMovement.objects.order_by("currency", "day")
    return [
        *days.values_list("currency", "day", *SNAPSHOT_FIGURES),
        *movements.values_list("currency", "day", *MOVEMENT_FIGURES),
    ]


class OneDayTests(TestCase):
    def setUp(self) -> None:
        self.past = Past()

    def test_orders_count_on_the_day_each_thing_happened(self) -> None:
        paid = self.past.pay(self.past.place(at(0)), at(1))
        self.past.fulfil(paid, at(2))
        self.past.cancel(self.past.place(at(0)), at(1))
        for number in range(4):
            take(number)
        assert of(0) == {"orders_placed": 2}
        assert of(1) == {"orders_paid": 1, "orders_canceled": 1, "captured_pennies": 1000}
        assert of(2) == {"orders_fulfilled": 1}
        assert of(3) == {}

    def test_a_day_begins_and_ends_at_midnight_utc(self) -> None:
        self.past.place(at(1, 0, 0))
        self.past.place(at(1, 23, 59) + timedelta(seconds=59, microseconds=999_999))
        self.past.place(at(2, 0, 0))
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL TIME ZONE 'Pacific/Auckland'")
        take(1)
        assert of(1) == {"orders_placed": 2}

    def test_currencies_are_kept_apart(self) -> None:
        self.past.paid(at(0), pennies=1000)
        self.past.paid(at(0), pennies=5000, currency="JPY")
        take(0)
        assert of(0, "GBP")["captured_pennies"] == 1000
        assert of(0, "JPY")["captured_pennies"] == 5000

    def test_a_refund_that_fails_later_stays_refunded_on_its_day_and_is_returned_on_the_other(
        self,
    ) -> None:
        paid = self.past.paid(at(0))
        refund = self.past.refund(paid, 400, at(1))
        take(1)
        before = of(1)
        self.past.fail(refund, at(3))
        assert take(1) == 0
        take(3)
        assert before == of(1) == {"refunded_pennies": 400}
        assert of(3) == {"returned_pennies": 400}

    def test_an_order_that_comes_back_from_refunded_is_not_paid_again(self) -> None:
        paid = self.past.paid(at(0))
        self.past.fail(self.past.refund(paid, 1000, at(1)), at(2))
        take(2)
        assert of(2) == {"returned_pennies": 1000}

    def test_late_money_on_a_canceled_order_counts_as_captured_and_not_as_paid(self) -> None:
        order = self.past.place(at(0))
        self.past.cancel(order, at(1))
        self.past.pay(order, at(2))
        take(2)
        assert of(2) == {"captured_pennies": 1000}

    def test_subscriptions_and_mrr_are_those_at_the_end_of_the_day(self) -> None:
        kept = self.past.subscribe(1000, at(0))
        gone = self.past.subscribe(500, at(0))
        self.past.change(kept, 1600, at(1))
        self.past.change(gone, 0, at(2))
        for number in range(3):
            take(number)
        assert of(0) == {"active_subscriptions": 2, "mrr_pennies": 1500}
        assert of(1) == {"active_subscriptions": 2, "mrr_pennies": 2100}
        assert of(2) == {"active_subscriptions": 1, "mrr_pennies": 1600}

    def test_a_movement_names_each_kind_of_change(self) -> None:
        one, two, three = (self.past.subscribe(1000, at(0)) for _ in range(3))
        self.past.change(one, 1700, at(1))
        self.past.change(two, 400, at(1))
        self.past.change(three, 0, at(1))
        self.past.subscribe(250, at(1))
        take(1)
        self.past.change(three, 900, at(2))
        take(2)
        assert moved(1) == {
            "start_pennies": 3000,
            "new_pennies": 250,
            "expansion_pennies": 700,
            "contraction_pennies": 600,
            "churn_pennies": 1000,
            "end_pennies": 2350,
        }
        assert moved(2) == {
            "start_pennies": 2350,
            "reactivation_pennies": 900,
            "end_pennies": 3250,
        }

    def test_the_day_before_the_first_order_has_no_row(self) -> None:
        self.past.place(at(1))
        assert take(0) == 0
        assert not DailySnapshot.objects.exists()

    def test_a_second_time_writes_nothing_and_keeps_when_it_was_taken(self) -> None:
        self.past.paid(at(0))
        assert take(0) == 2
        taken_at = DailySnapshot.objects.get().taken_at
        later = snapshots.take(day=day(0), now=NOW + timedelta(days=1))
        assert later.rows == 0
        assert DailySnapshot.objects.get().taken_at == taken_at == NOW

    def test_a_row_that_was_changed_by_hand_is_mended(self) -> None:
        self.past.paid(at(0))
        take(0)
        right = everything()
        DailySnapshot.objects.update(captured_pennies=7)
        assert take(0) == 1
        assert everything() == right

    def test_a_row_that_no_fact_supports_is_taken_away(self) -> None:
        self.past.paid(at(0))
        take(0)
        right = everything()
        stray = DailySnapshot.objects.get()
        stray.pk, stray.currency = None, "CHF"
        stray.save()
        assert take(0) == 1
        assert everything() == right

    def test_a_day_that_is_not_over_is_refused(self) -> None:
        self.past.place(NOW)
        today = NOW.date()
        with self.assertRaises(NoSuchDays) as caught:
            snapshots.take(day=today, now=NOW)
        assert str(caught.exception) == (
            "Day: 2026-03-11 is not over yet; the latest that can be asked is 2026-03-10."
        )
        assert not DailySnapshot.objects.exists()


class RangeTests(TestCase):
    def test_a_range_is_written_a_month_at_a_time(self) -> None:
        Past().paid(at(0))
        heard: list[int] = []
        written = snapshots.rebuild(
            first=day(-40), last=day(9), now=NOW, progress=lambda done: heard.append(done.rows)
        )
        # Nothing before the first order, then two rows a day.
        assert heard == [0, 20]
        assert written.rows == 20

    def test_nobody_else_writes_until_the_transaction_ends(self) -> None:
        held = """
            SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted
                AND pid = pg_backend_pid() AND (classid::bigint << 32) + objid::bigint = %s
        """
        with connection.cursor() as cursor:
            cursor.execute(held, [snapshots.WRITE_LOCK])
            assert cursor.fetchone() == (0,)
            snapshots.take(day=day(0), now=NOW)
            cursor.execute(held, [snapshots.WRITE_LOCK])
            assert cursor.fetchone() == (1,)

    def test_a_month_is_one_statement_however_much_happened(self) -> None:
        past = Past()
        for _ in range(5):
            past.paid(at(3))
        with CaptureQueriesContext(
            connection,
        ) as asked:
            snapshots.rebuild(first=day(0), last=day(9), now=NOW)
        statements = [one["sql"] for one in asked if "SAVEPOINT" not in one["sql"]]
        assert len(statements) == 2  # the lock, and the one that does it

    def test_mrr_carries_over_from_before_the_range(self) -> None:
        past = Past()
        past.subscribe(1000, at(0))
        snapshots.rebuild(first=day(4), last=day(5), now=NOW)
        assert moved(4) == moved(5) == {"start_pennies": 1000, "end_pennies": 1000}


HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(["place", "pay", "fulfil", "cancel", "refund", "fail", "subscribe"]),
        st.sampled_from(["GBP", "JPY"]),
        st.integers(0, 5),
        st.integers(1, 9),
    ),
    min_size=1,
    max_size=6,
)
RANGES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).map(sorted), max_size=4)


class AnyOrderTests(PropertyTestCase):
    @settings(max_examples=20, deadline=None)
    @given(HAPPENINGS, RANGES)
    def test_any_ranges_in_any_order_give_the_figures_counted_one_by_one(
        self, happenings: list[tuple[str, str, int, int]], ranges: list[list[int]]
    ) -> None:
        wanted = _counted(happenings)
        for first, last in [*ranges, [0, 9]]:
            snapshots.rebuild(first=day(first), last=day(last), now=NOW)
        found = {
            (row.day, row.currency): {name: getattr(row, name) for name in SNAPSHOT_FIGURES}
            for row in DailySnapshot.objects.all()
        }
        assert found == wanted
        again = everything()
        for first, last in reversed(ranges):
            assert snapshots.rebuild(first=day(first), last=day(last), now=NOW).rows == 0
        assert everything() == again


def _counted(happenings: list[tuple[str, str, int, int]]) -> dict[Any, Figures]:
    """Make it happen, one order or subscription a happening, and count along in plain Python."""
    past, counted = Past(), {}
    since: dict[str, int] = {}
    for _, currency, number, _ in happenings:
        since[currency] = min(number, since.get(currency, number))
    for currency, first in since.items():
        for number in range(first, 10):
            counted[day(number), currency] = dict.fromkeys(SNAPSHOT_FIGURES, 0)

    def add(when: datetime, currency: str, **figures: int) -> None:
        for name, more in figures.items():
            counted[when.date(), currency][name] += more

    for what, currency, number, hundreds in happenings:
        pennies = hundreds * 100
        if what == "subscribe":
            past.subscribe(pennies, at(number), currency=currency)
            for later in range(number, 10):
                add(at(later), currency, active_subscriptions=1, mrr_pennies=pennies)
            continue
        order = past.place(at(number), pennies=pennies, currency=currency)
        add(at(number), currency, orders_placed=1)
        if what == "cancel":
            past.cancel(order, at(number + 1))
            add(at(number + 1), currency, orders_canceled=1)
        if what in ("pay", "fulfil", "refund", "fail"):
            paid = past.pay(order, at(number + 1))
            add(at(number + 1), currency, orders_paid=1, captured_pennies=pennies)
        if what == "fulfil":
            past.fulfil(paid, at(number + 2))
            add(at(number + 2), currency, orders_fulfilled=1)
        if what in ("refund", "fail"):
            refund = past.refund(paid, pennies, at(number + 2))
            add(at(number + 2), currency, refunded_pennies=pennies)
        if what == "fail":
            past.fail(refund, at(number + 3))
            add(at(number + 3), currency, returned_pennies=pennies)
    return counted
