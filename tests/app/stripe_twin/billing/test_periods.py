"""stripe_twin.billing.periods: the period that holds a moment, by the calendar."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stripe_twin.billing.periods import period_at


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("every", "anchor", "moment", "start", "end"),
    [
        ((1, "month"), "2026-01-31", "2026-01-31", "2026-01-31", "2026-02-28"),
        ((1, "month"), "2026-01-31", "2026-02-27T23:59:59", "2026-01-31", "2026-02-28"),
        ((1, "month"), "2026-01-31", "2026-02-28", "2026-02-28", "2026-03-31"),
        ((1, "month"), "2026-02-01", "2026-03-01", "2026-03-01", "2026-04-01"),
        ((3, "month"), "2026-01-01", "2036-03-31T23:59:59", "2036-01-01", "2036-04-01"),
        ((1, "month"), "2026-03-01", "2026-02-01", "2026-02-01", "2026-03-01"),
        ((1, "month"), "2026-03-31", "2026-02-27", "2026-01-31", "2026-02-28"),
        ((1, "year"), "2024-02-29", "2025-02-28", "2025-02-28", "2026-02-28"),
        ((1, "year"), "2024-02-29", "2223-12-31", "2223-02-28", "2224-02-29"),
        ((2, "week"), "2026-01-01", "2026-01-15", "2026-01-15", "2026-01-29"),
        ((1, "day"), "2026-01-02", "2026-01-01T23:59:59", "2026-01-01", "2026-01-02"),
    ],
)
def test_each_moment_lies_in_one_period_that_holds_its_start_and_not_its_end(
    every: tuple[int, str], anchor: str, moment: str, start: str, end: str
) -> None:
    count, interval = every
    recurring = {"interval": interval, "interval_count": count}
    assert period_at(recurring, anchor=at(anchor), moment=at(moment)) == (at(start), at(end))


@pytest.mark.parametrize("day", [1, 15, 28, 29, 30, 31])
def test_periods_follow_each_other_without_a_gap(day: int) -> None:
    recurring = {"interval": "month", "interval_count": 1}
    anchor = at(f"2026-01-{day:02}")
    start, end = period_at(recurring, anchor=anchor, moment=at("1996-01-15"))
    for _ in range(60 * 12):
        before, (start, end) = end, period_at(recurring, anchor=anchor, moment=end)
        assert start == before < end
        assert period_at(recurring, anchor=anchor, moment=end - 1) == (start, end)
