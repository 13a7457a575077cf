"""The issues list, acknowledging, and the audit list."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from core.actor import system
from monitoring.models import Issue, IssueStatus

ISSUES = reverse("monitoring:issues")
AUDIT = reverse("audit:list")
pytestmark = pytest.mark.django_db


@pytest.fixture
def ops(olly_ops: Any) -> Client:
    client = Client()
    client.force_login(olly_ops)
    return client


@pytest.fixture
def admin(alice_admin: Any) -> Client:
    client = Client()
    client.force_login(alice_admin)
    return client


def _issue(number: int = 1, **changes: Any) -> Issue:
    fields: dict[str, Any] = {
        "fingerprint": f"paid-without-payment:order:{number}",
        "check_name": "paid-without-payment",
        "subject": f"order:{number}",
        "expected": "a succeeded payment",
        "actual": "paid, and no payment succeeded",
        "first_seen_at": timezone.now(),
        "last_seen_at": timezone.now(),
    }
    return Issue.objects.create(**fields | changes)


def _acknowledge(client: Client, issue: Issue, why: str = "known", days: int = 2) -> Any:
    until = (timezone.now() + timedelta(days=days)).date().isoformat()
    url = reverse("monitoring:acknowledge", args=[issue.pk])
    return client.post(url, {"why": why, "until": until}, follow=True)


def test_issues_show_what_was_expected_found_and_to_be_done(ops: Client) -> None:
    _issue()
    page = ops.get(ISSUES).text
    for words in (
        "Paid order without a succeeded payment",
        "order:1",
        "a succeeded payment",
        "paid, and no payment succeeded",
        "run replay_events --about order:N, or stop the fulfilment",
        "Acknowledge…",
    ):
        assert words in page


def test_an_issue_tells_its_life_and_leads_to_its_runbook_entry(ops: Client, olly_ops: Any) -> None:
    times = {
        name: datetime(2026, 3, day, 9, 30, tzinfo=UTC)
        for day, name in enumerate(("first_seen_at", "reopened_at", "last_seen_at"), start=1)
    }
    until = datetime(2026, 3, 9, 23, 59, tzinfo=UTC)
    known = {"acknowledged_by_id": olly_ops.pk, "acknowledged_why": "known to the bank"}
    kept = {"status": IssueStatus.ACKNOWLEDGED, "acknowledged_until": until, **known}
    _issue(times_opened=3, times_seen=14, **times, **kept)
    page = " ".join(re.sub(r"<[^>]+>", " ", ops.get(ISSUES).text).split())
    for words in (
        "Opened 1 Mar 2026, 09:30 UTC",
        "Seen 14 times, last 3 Mar 2026, 09:30 UTC",
        "Reopened 2 times, last 2 Mar 2026, 09:30 UTC",
        "Acknowledged by olly_ops until 9 Mar 2026, 23:59 UTC : known to the bank",
    ):
        assert words in page
    assert "Resolved 2" not in page
    link = f'href="{reverse("monitoring:runbook")}#paid-without-payment"'
    assert link in ops.get(ISSUES).text
    assert 'id="paid-without-payment"' in ops.get(reverse("monitoring:runbook")).text


def test_a_resolved_issue_says_when(ops: Client) -> None:
    _issue(status=IssueStatus.RESOLVED, resolved_at=datetime(2026, 3, 4, 9, 30, tzinfo=UTC))
    page = ops.get(ISSUES, {"status": "resolved"}).text
    assert "<dt>Resolved</dt>" in page
    assert "4 Mar 2026, 09:30" in page
    assert "<dt>Reopened</dt>" not in page


def test_issues_leave_out_resolved_ones_unless_asked(ops: Client) -> None:
    _issue(1, status=IssueStatus.RESOLVED, resolved_at=timezone.now())
    assert "All is well." in ops.get(ISSUES).text
    resolved = ops.get(ISSUES, {"status": "resolved"}).text
    assert "order:1" in resolved
    assert "Acknowledge…" not in resolved


def test_an_analyst_looks_and_does_not_acknowledge(ana_analyst: Any) -> None:
    client = Client()
    client.force_login(ana_analyst)
    _issue()
    assert "Acknowledge…" not in client.get(ISSUES).text


def test_an_issue_of_a_check_that_is_gone_is_still_shown(ops: Client) -> None:
    _issue(check_name="long-gone")
    page = ops.get(ISSUES).text
    assert "This check no longer exists" in page
    assert "In the runbook" not in page


def test_nobody_is_scolded_before_they_acknowledged_anything(ops: Client) -> None:
    page = ops.get(reverse("monitoring:acknowledge", args=[_issue().pk]))
    assert page.status_code == 200
    assert 'class="wrong"' not in page.text


def test_acknowledging_says_who_why_and_until(ops: Client) -> None:
    page = _acknowledge(ops, _issue(), why="waiting for the bank")
    assert "Issue acknowledged." in page.text
    assert "by olly_ops until" in page.text
    assert "waiting for the bank" in page.text


@pytest.mark.parametrize(("days", "why"), [(-1, "known"), (400, "known"), (2, ""), (2, "a\x00b")])
def test_an_acknowledgement_that_is_none_gets_a_sentence(ops: Client, days: int, why: str) -> None:
    issue = _issue()
    page = _acknowledge(ops, issue, why=why, days=days)
    assert page.status_code in (400, 409)
    issue.refresh_from_db()
    assert issue.status == IssueStatus.OPEN


@pytest.mark.parametrize("until", ["", "soon", "2026-02-30", "\x00", "99999-01-01"])
def test_an_until_that_is_no_day_gets_a_sentence(ops: Client, until: str) -> None:
    url = reverse("monitoring:acknowledge", args=[_issue().pk])
    page = ops.post(url, {"why": "known", "until": until})
    assert page.status_code == 400
    assert "Until: expected a day; write it like 2026-03-31." in page.text


def test_a_resolved_issue_cannot_be_acknowledged(ops: Client) -> None:
    issue = _issue(status=IssueStatus.RESOLVED, resolved_at=timezone.now())
    page = _acknowledge(ops, issue)
    assert page.status_code == 409
    assert "resolved already; there is nothing to do." in page.text


def test_audit_shows_entries_newest_first_and_filters(admin: Client, now: Any) -> None:
    from audit import services as audit
    from audit.actions import Action, Result

    for action in (Action.ORDER_FULFILLED, Action.REFUND_ASKED):
        audit.record(
            actor=system("worker"), action=action, subject="order:7", result=Result.DONE, now=now
        )
    page = admin.get(AUDIT).text
    assert page.index("refund asked</td>") < page.index("order fulfilled</td>")
    filtered = admin.get(AUDIT, {"action": "order-fulfilled"}).text
    assert "order fulfilled</td>" in filtered
    assert "refund asked</td>" not in filtered


@pytest.mark.parametrize("query", [{"action": "x"}, {"before": "-1"}, {"before": "9" * 5000}])
def test_a_filter_that_is_none_gets_a_sentence(admin: Client, query: dict[str, str]) -> None:
    assert admin.get(AUDIT, query).status_code == 400
    assert admin.get(ISSUES, query).status_code == (200 if "action" in query else 400)


def test_lists_ask_no_more_for_more_rows(
    admin: Client, now: Any, django_assert_num_queries: Any
) -> None:
    from audit import services as audit
    from audit.actions import Action, Result

    for number in range(20):
        _issue(number)
        audit.record(
            actor=system("worker"),
            action=Action.EVENTS_REPLAYED,
            subject=f"event:{number}",
            result=Result.DONE,
            now=now,
        )
    assert Entry.objects.count() >= 20
    with django_assert_num_queries(6):  # session, person, two of permissions, factor, issues
        admin.get(ISSUES)
    with django_assert_num_queries(7):  # and the names
        admin.get(AUDIT)
