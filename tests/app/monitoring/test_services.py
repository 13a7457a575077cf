"""monitoring.services: the life of an issue, and checks that crash."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import Entry
from core.actor import Actor
from monitoring import checks, services
from monitoring.checks import Check, Finding
from monitoring.models import CheckRun, Issue
from monitoring.services import CannotAcknowledge, acknowledge, run_checks, unsettled

pytestmark = pytest.mark.django_db
OLLY = Actor(id=7, role="ops", origin="web")
LATER = timedelta(hours=1)


class Probe:
    """Two checks whose answers the test decides."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.stock: list[Finding] | Exception = []
        self.stamps: list[Finding] | Exception = []
        patch.setattr(
            checks,
            "CHECKS",
            (
                Check("stock", "Stock", "Count again.", lambda now: self._answer(self.stock)),
                Check("stamps", "Stamps", "Buy some.", lambda now: self._answer(self.stamps)),
            ),
        )

    @staticmethod
    def _answer(prepared: list[Finding] | Exception) -> list[Finding]:
        if isinstance(prepared, Exception):
            raise prepared
        return prepared


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> Probe:
    return Probe(monkeypatch)


LAMP = Finding("product:1", "5 lamps", "4 lamps")
BULB = Finding("product:2", "9 bulbs", "8 bulbs")


def _issue(subject: str = "product:1") -> Issue:
    return Issue.objects.get(subject=subject)


def test_a_finding_opens_one_issue_with_all_that_is_known(probe: Probe, now: datetime) -> None:
    probe.stock = [LAMP]
    run_checks(now=now)
    issue = Issue.objects.get()
    assert issue.fingerprint == "stock:product:1"
    assert (issue.check_name, issue.subject) == ("stock", "product:1")
    assert (issue.expected, issue.actual) == ("5 lamps", "4 lamps")
    assert (issue.status, issue.times_opened, issue.times_seen) == ("open", 1, 1)
    assert (issue.first_seen_at, issue.last_seen_at, issue.resolved_at) == (now, now, None)
    assert (issue.reopened_at, issue.times_reopened) == (None, 0)
    assert str(issue) == "stock: product:1"


def test_the_same_finding_is_the_same_issue_seen_again(probe: Probe, now: datetime) -> None:
    probe.stock = [LAMP]
    run_checks(now=now)
    probe.stock = [Finding("product:1", "5 lamps", "3 lamps")]
    run_checks(now=now + LATER)
    issue = Issue.objects.get()
    assert (issue.times_opened, issue.times_seen, issue.actual) == (1, 2, "3 lamps")
    assert (issue.first_seen_at, issue.last_seen_at) == (now, now + LATER)


def test_an_issue_that_is_not_seen_resolves_and_the_others_stay(
    probe: Probe, now: datetime
) -> None:
    probe.stock, probe.stamps = [LAMP, BULB], [LAMP]
    run_checks(now=now)
    probe.stock = [BULB]
    run_checks(now=now + LATER)
    states = Issue.objects.order_by("id").values_list("check_name", "subject", "status")
    assert list(states) == [
        ("stock", "product:1", "resolved"),
        ("stock", "product:2", "open"),
        ("stamps", "product:1", "open"),
    ]
    assert Issue.objects.get(status="resolved").resolved_at == now + LATER


def test_a_resolved_issue_keeps_the_time_at_which_it_resolved(probe: Probe, now: datetime) -> None:
    probe.stock = [LAMP]
    run_checks(now=now)
    probe.stock = []
    run_checks(now=now + LATER)
    run_checks(now=now + 2 * LATER)
    assert _issue().resolved_at == now + LATER


def test_a_finding_that_comes_back_reopens_the_same_row(probe: Probe, now: datetime) -> None:
    probe.stock = [LAMP]
    run_checks(now=now)
    first = _issue()
    acknowledge(issue=first, by=OLLY, why="known", until=now + LATER, now=now)
    probe.stock = []
    run_checks(now=now)
    probe.stock = [LAMP]
    run_checks(now=now + LATER)
    issue = Issue.objects.get()
    assert (issue.pk, issue.status, issue.times_opened, issue.times_seen) == (
        first.pk,
        "open",
        2,
        2,
    )
    assert (issue.resolved_at, issue.first_seen_at) == (None, now)
    assert (issue.reopened_at, issue.times_reopened) == (now + LATER, 1)
    assert (issue.acknowledged_by_id, issue.acknowledged_why, issue.acknowledged_until) == (
        None,
        "",
        None,
    )


@pytest.mark.parametrize(
    "crash",
    [
        lambda: ZeroDivisionError("no stock to divide"),
        lambda: IntegrityError("no stock to divide\nDETAIL: a long story"),
    ],
)
def test_a_check_that_crashes_resolves_nothing_and_opens_an_issue_for_itself(
    probe: Probe,
    now: datetime,
    crash: Callable[[], Exception],
    caplog: pytest.LogCaptureFixture,
) -> None:
    probe.stock = [LAMP]
    run_checks(now=now)
    probe.stock = crash()
    with caplog.at_level(logging.CRITICAL, logger="monitoring.services"):
        runs = run_checks(now=now + LATER)
    sentence = f"{type(probe.stock).__name__}: no stock to divide"
    assert [(run.check_name, run.error) for run in runs] == [("stock", sentence), ("stamps", "")]
    assert _issue().status == "open"
    own = Issue.objects.get(check_name="check-failed")
    assert (own.subject, own.expected, own.actual) == ("check:stock", "a check that runs", sentence)
    assert own.status == "open"


def test_the_issue_of_a_crash_resolves_when_that_check_runs_again(
    probe: Probe, now: datetime
) -> None:
    probe.stock, probe.stamps = ZeroDivisionError("one"), ZeroDivisionError("two")
    run_checks(now=now)
    probe.stock = []
    run_checks(now=now + LATER)
    states = Issue.objects.order_by("id").values_list("subject", "status")
    assert list(states) == [("check:stock", "resolved"), ("check:stamps", "open")]


def test_a_check_whose_query_fails_leaves_the_database_usable(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(now: datetime) -> list[Finding]:
        connection.cursor().execute("SELECT * FROM no_such_table")
        return []

    monkeypatch.setattr(checks, "CHECKS", (Check("broken", "Broken", "Mend it.", broken),))
    [run] = run_checks(now=now)
    assert run.error.startswith('ProgrammingError: relation "no_such_table" does not exist')
    assert CheckRun.objects.get() == run


def test_a_check_that_was_not_run_keeps_its_issues(probe: Probe, now: datetime) -> None:
    probe.stock, probe.stamps = [LAMP], [BULB]
    run_checks(now=now)
    probe.stock = probe.stamps = []
    [run] = run_checks(now=now, only=["stamps"])
    assert run.check_name == "stamps"
    assert [(i.check_name, i.status) for i in Issue.objects.order_by("id")] == [
        ("stock", "open"),
        ("stamps", "resolved"),
    ]


def test_each_run_of_a_check_is_kept(probe: Probe, now: datetime) -> None:
    probe.stock = [LAMP, BULB]
    run_checks(now=now)
    run = CheckRun.objects.get(check_name="stock")
    assert (run.started_at, run.found, run.error) == (now, 2, "")
    assert now <= run.finished_at < now + timedelta(minutes=1)
    assert str(run) == "stock at 2026-03-02 12:00"


def test_what_is_longer_than_its_column_is_cut_with_a_sign(probe: Probe, now: datetime) -> None:
    for length, kept in ((301, "x" * 299 + "…"), (300, "x" * 300)):
        probe.stock = [Finding("product:1", "x" * length, "x" * length)]
        run_checks(now=now)
        assert (_issue().expected, _issue().actual) == (kept, kept)


def test_why_a_check_crashed_is_kept_as_far_as_it_fits(probe: Probe, now: datetime) -> None:
    for length, end in ((486, "xx"), (487, "x…")):
        probe.stock = RuntimeError("x" * length)
        error = run_checks(now=now, only=["stock"])[0].error
        assert (len(error), error[-2:]) == (500, end)


def test_issues_are_written_all_or_none(
    probe: Probe, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of a check that crashed too, whose own transaction is over by then."""
    within = []
    monkeypatch.setattr(
        services, "_see", lambda issue, *seen: within.append(len(connection.savepoint_ids))
    )
    probe.stock, probe.stamps = [LAMP], RuntimeError("no stamps")
    run_checks(now=now)
    assert len(within) == 2
    assert all(within)


def test_an_acknowledgement_says_who_why_and_until_when_and_is_audited(
    probe: Probe, now: datetime
) -> None:
    probe.stock = [LAMP]
    run_checks(now=now)
    until = now + timedelta(days=3)
    told = acknowledge(issue=_issue(), by=OLLY, why="  on its way ", until=until, now=now)
    issue = _issue()
    assert told == issue
    assert (issue.status, issue.acknowledged_by_id) == ("acknowledged", 7)
    assert (issue.acknowledged_why, issue.acknowledged_until) == ("on its way", until)
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.subject) == ("issue-acknowledged", f"issue:{issue.pk}")
    assert (entry.actor_id, entry.reason, entry.at) == (7, "on its way", now)
    assert entry.details == {"check": "stock", "until": "2026-03-05T12:00:00+00:00"}


def test_an_issue_is_held_and_then_looked_at(probe: Probe, now: datetime, held_first: Any) -> None:
    probe.stock = [LAMP]
    run_checks(now=now)
    issue = _issue()
    with held_first("monitoring_issue"):
        acknowledge(issue=issue, by=OLLY, why="known", until=now + LATER, now=now)


def test_an_issue_is_held_from_before_its_acknowledgement_is_looked_at(
    is_held: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    Probe(monkeypatch).stock = [LAMP]
    run_checks(now=now)
    held = []
    monkeypatch.setattr(
        "monitoring.services._check_acknowledgement",
        lambda issue, **asked: held.append(is_held(issue)),
    )
    acknowledge(issue=_issue(), by=OLLY, why="known", until=now + LATER, now=now)
    assert [*held, is_held(_issue())] == [True, False]


def test_an_issue_is_held_while_it_is_seen_again(
    is_held: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = Probe(monkeypatch)
    probe.stock = [LAMP]
    run_checks(now=now)
    held = []
    monkeypatch.setattr(
        "monitoring.services._see", lambda issue, finding, now: held.append(is_held(issue))
    )
    run_checks(now=now)
    assert [*held, is_held(_issue())] == [True, False]


def test_an_acknowledged_issue_stays_so_while_it_is_seen_and_then_resolves(
    probe: Probe, now: datetime
) -> None:
    probe.stock = [LAMP]
    run_checks(now=now)
    acknowledge(issue=_issue(), by=OLLY, why="known", until=now + LATER, now=now)
    run_checks(now=now)
    assert (_issue().status, _issue().times_opened) == ("acknowledged", 1)
    probe.stock = []
    run_checks(now=now)
    assert _issue().status == "resolved"


def test_an_acknowledgement_that_ran_out_counts_again(probe: Probe, now: datetime) -> None:
    probe.stock, probe.stamps = [LAMP], [BULB]
    run_checks(now=now)
    known = _issue()
    assert list(unsettled(now=now)) == [_issue("product:2"), known]
    acknowledge(issue=known, by=OLLY, why="known", until=now + LATER, now=now)
    assert list(unsettled(now=now)) == [_issue("product:2")]
    assert list(unsettled(now=now + LATER)) == [_issue("product:2"), known]


@pytest.mark.parametrize(
    ("why", "days", "sentence"),
    [
        ("  ", 1, "no reason given; say why it can wait."),
        ("known", 0, "until 2026-03-02 12:00, expected a time in the next 90 days; choose one."),
        ("known", 91, "until 2026-06-01 12:00, expected a time in the next 90 days; choose one."),
    ],
)
def test_an_acknowledgement_without_reason_or_end_is_refused(
    probe: Probe, now: datetime, why: str, days: int, sentence: str
) -> None:
    probe.stock = [LAMP]
    run_checks(now=now)
    issue = _issue()
    with pytest.raises(CannotAcknowledge) as refused:
        acknowledge(issue=issue, by=OLLY, why=why, until=now + timedelta(days=days), now=now)
    assert str(refused.value) == f"Issue {issue.pk}: {sentence}"
    assert _issue().status == "open"
    assert not Entry.objects.exists()


def test_the_last_day_that_can_be_chosen_lasts_until_its_end(probe: Probe, now: datetime) -> None:
    probe.stock = [LAMP]
    run_checks(now=now)
    end = (now + timedelta(days=90)).replace(hour=23, minute=59, second=59)
    assert acknowledge(issue=_issue(), by=OLLY, why="known", until=end, now=now).status == (
        "acknowledged"
    )


def test_a_resolved_issue_cannot_be_acknowledged(probe: Probe, now: datetime) -> None:
    probe.stock = [LAMP]
    run_checks(now=now)
    stale = _issue()
    probe.stock = []
    run_checks(now=now)
    with pytest.raises(CannotAcknowledge, match="resolved already; there is nothing to do"):
        acknowledge(issue=stale, by=OLLY, why="known", until=now + LATER, now=now)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"status": "asleep"}, "issue_status_is_known"),
        ({"status": "acknowledged"}, "issue_acknowledged_says_why_and_until"),
        ({"status": "resolved"}, "issue_resolved_has_its_time"),
        ({"resolved_at": datetime.fromisoformat("2026-03-02T12:00Z")}, "issue_resolved_has_its"),
    ],
)
def test_the_database_refuses_a_state_that_makes_no_sense(
    probe: Probe, now: datetime, change: dict[str, object], constraint: str
) -> None:
    probe.stock = [LAMP]
    run_checks(now=now)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Issue.objects.update(**change)


def test_the_database_refuses_a_second_row_for_one_mismatch(probe: Probe, now: datetime) -> None:
    probe.stock = [LAMP]
    run_checks(now=now)
    twin = _issue()
    twin.pk = None
    with pytest.raises(IntegrityError, match="fingerprint"), transaction.atomic():
        twin.save()
