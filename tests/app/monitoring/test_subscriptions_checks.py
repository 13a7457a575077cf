"""monitoring.checks.subscriptions: each mismatch of MRR, planted behind the rules, opens its own
issue, which resolves when it is mended and opens again when it comes back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection

from monitoring.checks import subscriptions
from monitoring.models import Issue
from monitoring.services import run_checks
from subscriptions.models import MrrChange, Subscription, SubscriptionItem
from subscriptions.services import confirm
from tests.app.conftest import NOW
from tests.app.subscriptions.conftest import discount_fact, item_fact, seen

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NAMES = [check.name for check in subscriptions.CHECKS]


@dataclass(frozen=True)
class Mismatch:
    """Columns of a row made wrong and right again, and the issue that must open."""

    check: str
    row: type[MrrChange | Subscription | SubscriptionItem]
    wrong: dict[str, Any]
    right: dict[str, Any]
    subject: str
    expected: str
    actual: str


MISMATCHES = [
    Mismatch(
        "mrr-movements-do-not-add-up",
        MrrChange,
        {"before_pennies": 900},
        {"before_pennies": 1000},
        "mrr:GBP",
        "£20.00 at the end",
        "£21.00 moved",
    ),
    Mismatch(
        "mrr-differs-from-ledger",
        MrrChange,
        {"after_pennies": 2100},
        {"after_pennies": 2000},
        "subscription:{key}",
        "£21.00 by its ledger",
        "£20.00",
    ),
    Mismatch(
        "mrr-differs-from-items",
        SubscriptionItem,
        {"quantity": 3},
        {"quantity": 2},
        "subscription:{key}",
        "£30.00 by its items",
        "£20.00",
    ),
    Mismatch(
        "mrr-differs-from-items",
        Subscription,
        {"status": "unpaid"},
        {"status": "active"},
        "subscription:{key}",
        "£0.00 by its items",
        "£20.00",
    ),
    Mismatch(
        "mrr-differs-from-items",
        Subscription,
        {"is_paused": True},
        {"is_paused": False},
        "subscription:{key}",
        "£0.00 by its items",
        "£20.00",
    ),
    Mismatch(
        "counted-after-its-end",
        Subscription,
        {"ends_at": NOW - timedelta(minutes=61)},
        {"ends_at": None},
        "subscription:{key}",
        "nothing after 2026-03-02 10:59 UTC",
        "£20.00 a month",
    ),
]


@pytest.fixture
def subscription(now: datetime) -> Subscription:
    """£10 a month yesterday, £20 a month since."""
    confirm(seen=seen(item_fact(1000)), now=now - DAY)
    subscription = confirm(seen=seen(item_fact(1000, quantity=2), at=1), now=now)
    # What the rules hold at commit, they hold now, before they are stepped around.
    connection.check_constraints()
    return subscription


@contextmanager
def _unguarded() -> Iterator[None]:
    """Write past the triggers, as a superuser can."""
    cursor = connection.cursor()
    cursor.execute("SET session_replication_role = replica")
    try:
        yield
    finally:
        cursor.execute("SET session_replication_role = origin")


def _set(mismatch: Mismatch, values: dict[str, Any]) -> None:
    """Change the newest row of its kind."""
    newest = mismatch.row._default_manager.order_by("-id")[:1].values("pk")
    with _unguarded():
        mismatch.row._default_manager.filter(pk__in=newest).update(**values)


def _unresolved() -> list[Issue]:
    return list(Issue.objects.exclude(status="resolved"))


def test_news_of_an_end_has_its_hour_to_arrive(subscription: Subscription, now: datetime) -> None:
    end = now + DAY
    Subscription.objects.update(ends_at=end)
    hour = timedelta(hours=1)
    assert subscriptions.counted_after_its_end(end + hour) == []
    late = subscriptions.counted_after_its_end(end + hour + timedelta(seconds=1))
    assert [finding.subject for finding in late] == [f"subscription:{subscription.pk}"]


@pytest.mark.parametrize(
    "mismatch", MISMATCHES, ids=lambda one: f"{one.check} {' '.join(one.wrong)}"
)
def test_a_mismatch_opens_its_issue_which_resolves_and_reopens(
    subscription: Subscription, now: datetime, mismatch: Mismatch
) -> None:
    _set(mismatch, mismatch.wrong)
    run_checks(now=now, only=NAMES)
    assert len(_unresolved()) == 1
    [issue] = _unresolved()
    assert (issue.check_name, issue.status) == (mismatch.check, "open")
    assert issue.subject == mismatch.subject.format(key=subscription.pk)
    assert (issue.expected, issue.actual) == (mismatch.expected, mismatch.actual)

    _set(mismatch, mismatch.right)
    run_checks(now=now, only=[mismatch.check])
    assert _unresolved() == []

    _set(mismatch, mismatch.wrong)
    run_checks(now=now, only=[mismatch.check])
    [again] = _unresolved()
    assert (again.pk, again.status, again.times_opened) == (issue.pk, "open", 2)


def test_a_ledger_that_is_gone_is_found(subscription: Subscription, now: datetime) -> None:
    with _unguarded():
        MrrChange.objects.all().delete()
    run_checks(now=now, only=NAMES)
    assert [(one.check_name, one.expected) for one in _unresolved()] == [
        ("mrr-differs-from-ledger", "£0.00 by its ledger")
    ]


IN_ORDER = {
    "half a penny": seen(item_fact("0.5")),
    "twelve places": seen(item_fact("0.499999999999")),
    "a day": seen(item_fact(100, interval="day")),
    "a week": seen(item_fact(interval="week")),
    "two years": seen(item_fact(24_001, interval="year", interval_count=2)),
    "by use beside a month": seen(item_fact(), item_fact(7, id="si_2", is_metered=True)),
    "once beside a month": seen(item_fact(), item_fact(7, id="si_2", interval="")),
    "a third off, tax inside": seen(
        item_fact(inclusive_tax=Fraction(20), discounts=(discount_fact(percent=33),))
    ),
    "an amount off two items": seen(
        item_fact(),
        item_fact(12_345, id="si_2", interval="year"),
        discounts=(discount_fact(off_pennies=777),),
    ),
    "paused": seen(is_paused=True),
    "unpaid": seen(status="unpaid"),
    "to end": seen(ends_at=NOW + DAY),
    "at its end, no news yet": seen(ends_at=NOW),
    "ended": seen(status="canceled", ended_at=NOW - DAY, ends_at=NOW - DAY),
    "nothing in it": seen(items=()),
    "yen": seen(currency="JPY"),
}


@pytest.mark.parametrize("in_order", IN_ORDER.values(), ids=IN_ORDER.keys())
def test_what_is_in_order_is_no_mismatch(in_order: Any, now: datetime) -> None:
    confirm(seen=in_order, now=now)
    run_checks(now=now + timedelta(minutes=1), only=NAMES)
    assert _unresolved() == []
