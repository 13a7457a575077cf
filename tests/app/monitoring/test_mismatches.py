"""monitoring.checks: each mismatch, planted behind the rules, opens exactly its own issue,
which resolves when it is mended and opens again, in the same row, when it comes back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitoring import checks
from monitoring.checks import Finding
from monitoring.models import Issue
from monitoring.services import run_checks
from orders.models import OrderLine, OrderTransition
from payments.models import Payment
from refunds.models import Refund
from tests.app.monitoring.mismatches import money, stuck, trust
from tests.app.monitoring.mismatches.mismatch import LOCAL, Mismatch
from tests.app.monitoring.mismatches.stuck import _event_dead

pytestmark = pytest.mark.django_db
MISMATCHES = [*money.MISMATCHES, *stuck.MISMATCHES, *trust.MISMATCHES]


def _keys(shop: Any) -> dict[str, int]:
    return {
        "order": shop.order.pk,
        "payment": shop.payment.pk,
        "refund": shop.refunds["failed"].pk,
        "pending": shop.refunds["pending"].pk,
        "customer": shop.customer.pk,
        "event": shop.event.pk if hasattr(shop, "event") else 0,
        "entry": shop.entry.pk if hasattr(shop, "entry") else 0,
        "dispute": shop.dispute.pk if hasattr(shop, "dispute") else 0,
        "waiting": shop.waiting.pk if hasattr(shop, "waiting") else 0,
    }


def _unresolved() -> list[Issue]:
    return list(Issue.objects.exclude(status="resolved"))


@pytest.mark.slow
def test_a_shop_in_which_everything_agrees_has_no_issue(shop: Any, now: datetime) -> None:
    runs = run_checks(now=now)
    assert [(run.check_name, run.found, run.error) for run in runs] == [
        (check.name, 0, "") for check in checks.CHECKS
    ]
    assert not Issue.objects.exists()


@pytest.mark.parametrize(
    "mismatch", MISMATCHES, ids=lambda m: f"{m.check} {m.subject}".replace(":", "-")
)
def test_a_mismatch_opens_its_issue_which_resolves_and_reopens(
    shop: Any, now: datetime, mismatch: Mismatch
) -> None:
    mismatch.plant(shop)
    run_checks(now=now, only=[check.name for check in LOCAL])
    assert len(_unresolved()) == 1
    [issue] = _unresolved()
    assert (issue.check_name, issue.status) == (mismatch.check, "open")
    assert issue.subject == mismatch.subject.format(**_keys(shop))
    assert issue.expected == mismatch.expected.format(**_keys(shop))
    assert issue.actual == mismatch.actual

    mismatch.mend(shop)
    run_checks(now=now, only=[mismatch.check])
    assert _unresolved() == []
    assert Issue.objects.get().resolved_at == now

    mismatch.plant(shop)
    run_checks(now=now, only=[mismatch.check])
    [again] = _unresolved()
    assert (again.pk, again.status, again.times_opened) == (issue.pk, "open", 2)


@pytest.mark.parametrize(
    "mismatch", MISMATCHES, ids=lambda m: f"{m.check} {m.subject}".replace(":", "-")
)
def test_each_check_finds_its_mismatch_and_nothing_once_it_is_mended(
    shop: Any, now: datetime, mismatch: Mismatch
) -> None:
    [check] = checks.chosen([mismatch.check])
    mismatch.plant(shop)
    keys = _keys(shop)
    expected = mismatch.expected.format(**keys)
    found = Finding(mismatch.subject.format(**keys), expected, mismatch.actual)
    assert check.find(now) == [found]
    mismatch.mend(shop)
    assert check.find(now) == []


# In the files beside this one, test_<file>_checks.py.
PROVED_ELSEWHERE = {
    "failed-jobs",
    "staff-without-second-factor",
    "demo-accounts-in-production",
    "restore-drill-overdue",
    "mrr-movements-do-not-add-up",
    "mrr-differs-from-ledger",
    "mrr-differs-from-items",
    "counted-after-its-end",
    "snapshot-missing",
    "snapshot-differs",
    "payments-differ-from-stripe",
    "refunds-differ-from-stripe",
    "disputes-differ-from-stripe",
    "subscriptions-differ-from-stripe",
    "webhook-endpoint",
    "retention-overdue",
    "runs-as-owner",
}


def test_every_check_has_a_mismatch_that_proves_it() -> None:
    here = {mismatch.check for mismatch in MISMATCHES}
    assert here | PROVED_ELSEWHERE == {check.name for check in checks.CHECKS}


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.name)
def test_a_check_is_one_query_however_much_it_finds(
    shop: Any, now: datetime, check: checks.Check
) -> None:
    _event_dead(shop)
    shop.change(shop.order, captured_pennies=2600, refunded_pennies=1)
    with CaptureQueriesContext(connection) as queries:
        check.find(now)
    assert len(queries) == 1


def _without_refunds(shop: Any) -> None:
    Refund.objects.all().delete()


def _without_payments(shop: Any) -> None:
    Refund.objects.all().delete()
    Payment.objects.all().delete()


def _without_lines(shop: Any) -> None:
    OrderLine.objects.all().delete()


def _without_history(shop: Any) -> None:
    OrderTransition.objects.all().delete()


@pytest.mark.parametrize(
    ("lose", "found"),
    [
        (
            _without_refunds,
            {
                ("refunds-do-not-add-up", "payment:{payment} refunded", "£0.00 refunded"),
                ("refunds-do-not-add-up", "payment:{payment} reserved", "£0.00 reserved"),
            },
        ),
        (
            _without_payments,
            {
                ("paid-without-payment", "order:{order}", "a succeeded payment"),
                ("order-captured-differs", "order:{order}", "£0.00 captured"),
                ("refunds-do-not-add-up", "order:{order} refunded", "£0.00 refunded"),
            },
        ),
        (
            _without_lines,
            {("order-total-differs-from-lines", "order:{order}", "£0.00 in total")},
        ),
        (
            _without_history,
            {("history-differs-from-status", "order:{order}", "pending, by its history")},
        ),
    ],
    ids=["refunds", "payments", "lines", "history"],
)
def test_rows_that_are_gone_altogether_are_found(
    shop: Any,
    now: datetime,
    lose: Callable[[Any], None],
    found: set[tuple[str, str, str]],
) -> None:
    with shop.unguarded():
        lose(shop)
    run_checks(now=now)
    assert {(issue.check_name, issue.subject, issue.expected) for issue in _unresolved()} == {
        (name, subject.format(**_keys(shop)), expected) for name, subject, expected in found
    }
