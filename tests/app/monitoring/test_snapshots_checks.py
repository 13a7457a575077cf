"""monitoring.checks.snapshots: a snapshot that is gone or wrong opens its issue, which resolves
when it is taken again and opens again when it comes back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from analyticsapp import snapshots as taking
from analyticsapp.models import DailySnapshot, MrrMovement
from analyticsapp.tests.past import NOW, Past, at, day
from monitoring.checks import snapshots
from monitoring.models import Issue
from monitoring.services import run_checks

pytestmark = pytest.mark.django_db
NAMES = [check.name for check in snapshots.CHECKS]
LATER = NOW + timedelta(hours=3)


@pytest.fixture
def past() -> Past:
    """Ten days, each with its snapshot: an order on the first, a subscription on the sixth."""
    past = Past()
    past.paid(at(0))
    past.subscribe(1250, at(5))
    taking.rebuild(first=day(0), last=day(9), now=NOW)
    return past


def _unresolved() -> list[tuple[str, str, str, str, int]]:
    """What the checks find now, and how often it was opened."""
    run_checks(now=LATER, only=NAMES)
    return list(
        Issue.objects.exclude(status="resolved").values_list(
            "check_name", "subject", "expected", "actual", "times_opened"
        )
    )


def test_nothing_is_found_when_every_day_has_its_snapshot(past: Past) -> None:
    assert _unresolved() == []


def test_a_missing_snapshot_opens_resolves_and_reopens(past: Past) -> None:
    found = ("snapshot-missing", "snapshots:GBP")
    said = (
        "a snapshot of every day until 2026-03-10",
        "2 missing, from 2026-03-03 to 2026-03-05",
    )
    for times in (1, 2):
        DailySnapshot.objects.filter(day__in=[day(2), day(4)]).delete()
        assert _unresolved() == [(*found, *said, times)]
        taking.rebuild(first=day(2), last=day(4), now=NOW)
        assert _unresolved() == []


def test_a_snapshot_of_one_currency_is_none_of_another(past: Past) -> None:
    past.paid(at(6), pennies=900, currency="JPY")
    taking.rebuild(first=day(0), last=day(9), now=NOW)
    DailySnapshot.objects.filter(day=day(8), currency="JPY").delete()
    said = (
        "a snapshot of every day until 2026-03-10",
        "1 missing, from 2026-03-09 to 2026-03-09",
    )
    assert _unresolved() == [("snapshot-missing", "snapshots:JPY", *said, 1)]


def test_the_night_has_its_time_to_take_yesterdays(past: Past) -> None:
    DailySnapshot.objects.filter(day=day(9)).delete()
    run_checks(now=NOW, only=NAMES)
    assert not Issue.objects.exists()
    assert [row[1] for row in _unresolved()] == ["snapshots:GBP"]


@pytest.mark.parametrize(
    ("kind", "wrong", "subject", "expected", "actual"),
    [
        (
            DailySnapshot,
            {"orders_placed": 3, "mrr_pennies": 5},
            "snapshot:2026-03-09 GBP",
            "recomputed: orders_placed 0 mrr_pennies 1250",
            "kept: orders_placed 3 mrr_pennies 5",
        ),
        (
            MrrMovement,
            {"start_pennies": 1000, "new_pennies": 250},
            "mrr-movement:2026-03-09 GBP",
            "recomputed: start_pennies 1250 new_pennies 0",
            "kept: start_pennies 1000 new_pennies 250",
        ),
    ],
)
def test_a_snapshot_that_is_wrong_opens_resolves_and_reopens(
    past: Past, kind: Any, wrong: dict[str, int], subject: str, expected: str, actual: str
) -> None:
    for times in (1, 2):
        kind.objects.filter(day=day(8)).update(**wrong)
        assert _unresolved() == [("snapshot-differs", subject, expected, actual, times)]
        taking.take(day=day(8), now=NOW)
        assert _unresolved() == []


def test_a_snapshot_that_no_fact_supports_is_wrong(past: Past) -> None:
    row = DailySnapshot.objects.get(day=day(8))
    row.pk, row.currency = None, "JPY"
    row.save()
    [(name, subject, expected, _, _)] = _unresolved()
    assert (name, subject) == ("snapshot-differs", "snapshot:2026-03-09 JPY")
    assert "mrr_pennies none" in expected


def test_seven_days_are_computed_again(past: Past) -> None:
    DailySnapshot.objects.filter(day__lte=day(2)).update(orders_placed=7)
    assert _unresolved() == []
    DailySnapshot.objects.filter(day=day(3)).update(orders_placed=7)
    assert [row[1] for row in _unresolved()] == [f"snapshot:{date(2026, 3, 4)} GBP"]


def test_a_shop_without_facts_misses_nothing() -> None:
    assert _unresolved() == []
