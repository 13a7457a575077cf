"""webhooks.reconcile: what becomes of each difference and what is written down of it all; what
Stripe has is made up here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone

from audit import services as audit
from audit.models import Entry
from core.actor import system
from core.clock import Clock
from core.refusal import Refused
from core.schedule import schedule
from payments import gateway
from payments.models import Payment
from tests.app.conftest import NOW
from webhooks import facts, reconcile, said, tasks
from webhooks.asking import Answers
from webhooks.differences import Difference
from webhooks.models import Kind, Reconciliation, StripeRecord
from webhooks.reconcile import Mended, Report
from webhooks.said import Said

WORKER = system("worker")
DAY = timedelta(days=1)
ONE = Difference(Kind.INTENT, "pi_1", "payment:1", "succeeded", "created")
OTHER = Difference(Kind.REFUND, "re_1", "re_1", "succeeded", "nothing")
INTENT = gateway.Intent("pi_1", "succeeded", 500, 500, "GBP", "key-1", "")
TOLD = Answers([Said(Kind.INTENT, "pi_1", "succeeded", "GBP", 500, "pi_1", "key-1")])


@pytest.fixture
def stripe_has(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What Stripe says of each object when it is looked at again."""

    def has(answer: facts.Fetched | Exception) -> None:
        def look(kind: Kind, stripe_id: str) -> facts.Fetched:
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(facts, "look", look)

    return has


def records() -> list[tuple[str, str]]:
    return list(StripeRecord.objects.order_by("stripe_id").values_list("stripe_id", "status"))


def run(monkeypatch: pytest.MonkeyPatch, answers: Answers, **options: Any) -> Report:
    monkeypatch.setattr(reconcile, "ask", lambda since: answers)
    clock = options.pop("clock", lambda: NOW)
    return reconcile.reconcile(since=NOW - DAY, by=WORKER, clock=clock, **options)


def test_what_differs_is_written_and_the_second_look_finds_nothing(
    begun: Payment, stripe_has: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stripe_has(facts.Fetched(intent=INTENT))
    report = run(monkeypatch, TOLD)
    (outcome,) = report.outcomes
    assert (report.answers, report.found) == (TOLD, [outcome.difference])
    assert (report.is_dry, report.left) == (False, [])
    begun.refresh_from_db()
    assert (begun.status, begun.captured_pennies) == ("succeeded", 500)
    again = run(monkeypatch, TOLD)
    assert (again.found, again.outcomes) == ([], [])
    assert list(Reconciliation.objects.values_list("differed", "mended")) == [(0, 0), (1, 1)]


def test_each_difference_is_mended_at_its_own_time(
    stripe_has: Any, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that takes past midnight leaves the snapshot of the day before true."""
    written: list[datetime] = []
    monkeypatch.setattr(reconcile.differences, "everything", lambda: [ONE, OTHER])
    monkeypatch.setattr(facts, "apply", lambda fetched, now: written.append(now))
    stripe_has(facts.Fetched())
    moments = [NOW, NOW + DAY, NOW + 2 * DAY]
    monkeypatch.setattr(reconcile, "_judged", lambda tried, still: tried)
    report = run(monkeypatch, TOLD, clock=iter(moments).__next__)
    assert (report.left, written) == ([], moments[:2])
    assert Entry.objects.get().at == moments[2]


def test_a_dry_run_says_what_differs_and_keeps_nothing(
    begun: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = run(monkeypatch, TOLD, dry_run=True)
    assert [one.stripe_id for one in report.found] == ["pi_1"]
    assert (report.outcomes, report.is_dry) == ([], True)
    assert not StripeRecord.objects.exists()
    assert not Reconciliation.objects.exists()


@pytest.mark.django_db
def test_what_is_heard_on_the_second_look_is_kept(
    stripe_has: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "apply", lambda fetched, now: None)
    stripe_has(facts.Fetched(intent=INTENT))
    assert reconcile._mend(ONE, now=NOW) == ""
    assert records() == [("pi_1", "succeeded")]


@pytest.mark.parametrize(
    "error",
    [gateway.Unknown("no answer\nat all"), Refused("the rules say no"), DatabaseError("lost")],
)
def test_what_cannot_be_written_says_why_in_a_line_and_leaves_nothing_half_done(
    begun: Payment, stripe_has: Any, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def half(fetched: facts.Fetched, *, now: datetime) -> None:
        Payment.objects.update(stripe_intent_id="pi_1")
        raise error

    monkeypatch.setattr(facts, "apply", half)
    stripe_has(facts.Fetched(intent=INTENT))
    why = f"{type(error).__name__}: {error}".partition("\n")[0]
    assert reconcile._mend(ONE, now=NOW) == why
    begun.refresh_from_db()
    assert (begun.stripe_intent_id, records()) == (None, [])


@pytest.mark.django_db
def test_what_stripe_does_not_say_is_left(stripe_has: Any) -> None:
    stripe_has(gateway.Missing("No such payment_intent"))
    assert reconcile._mend(ONE, now=NOW) == "Missing: No such payment_intent"


def test_what_was_written_and_differs_still_is_left_too() -> None:
    for still, why_not, judged in (
        (set(), "", ""),
        ({"re_1"}, "", ""),
        ({"pi_1"}, "", "written, and it differs still"),
        ({"pi_1"}, "no answer", "no answer"),
    ):
        assert reconcile._judged(Mended(ONE, why_not), still) == Mended(ONE, judged)


def test_a_report_says_in_a_line_what_came_of_it() -> None:
    answers = Answers(TOLD.said * 5)
    outcomes = [Mended(ONE, ""), Mended(OTHER, ""), Mended(OTHER, "no answer")]
    report = Report(answers, [ONE, OTHER, OTHER], outcomes)
    assert report.left == outcomes[2:]
    assert report.line == "reconciled  5 looked at, 3 differed, 2 mended, 1 left to look at"
    answers.unread.update({Kind.REFUND: "no answer", Kind.DISPUTE: "no answer"})
    assert report.line.endswith("1 left to look at; not read: refund, dispute")
    dry = Report(answers, [ONE, OTHER], [], is_dry=True)
    assert dry.line == "reconciled  nothing; 2 differ; not read: refund, dispute"


def conclude(answers: Answers, *outcomes: Mended) -> None:
    reconcile._conclude(answers, list(outcomes), since=NOW - DAY, at=NOW, by=WORKER, now=NOW)


@pytest.mark.django_db
def test_a_run_that_read_all_is_on_record_and_audited_for_what_it_mended() -> None:
    conclude(TOLD, Mended(ONE, ""), Mended(OTHER, "no answer"))
    kept = Reconciliation.objects.values_list("since", "said_at", "looked_at", "differed", "mended")
    assert list(kept) == [(NOW - DAY, NOW, 1, 2, 1)]
    entry = Entry.objects.get()
    assert (entry.reason, entry.details) == (
        "reconciled with Stripe since 2026-03-01 12:00 UTC",
        {"count": 1},
    )


@pytest.mark.django_db
def test_a_run_that_could_not_read_all_is_none_and_mending_nothing_is_not_audited() -> None:
    conclude(Answers(unread={Kind.REFUND: "no answer"}), Mended(ONE, "no answer"))
    assert not Reconciliation.objects.exists()
    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_what_was_not_heard_of_for_a_week_is_forgotten_and_an_endpoint_that_is_gone_at_once() -> (
    None
):
    week = reconcile.KEPT
    for name, kind, at in (
        ("re_old", Kind.REFUND, NOW - week - timedelta(seconds=1)),
        ("re_new", Kind.REFUND, NOW - week),
        ("we_now", Kind.ENDPOINT, NOW),
        ("we_old", Kind.ENDPOINT, NOW - timedelta(seconds=1)),
    ):
        said.keep([said.missing(kind, name)], at=at)
    conclude(Answers(unread={Kind.ENDPOINT: "no answer"}))
    assert [name for name, _ in records()] == ["re_new", "we_now", "we_old"]
    conclude(Answers(unread={Kind.REFUND: "no answer"}))
    assert [name for name, _ in records()] == ["re_new", "we_now"]


@pytest.mark.django_db
def test_a_run_that_cannot_be_audited_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(audit, "record", full)
    with pytest.raises(OSError, match="disk full"):
        conclude(TOLD, Mended(ONE, ""))
    assert not Reconciliation.objects.exists()


def test_the_schedules_run_looks_back_five_weeks_and_fails_when_a_kind_was_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[dict[str, Any]] = []
    unread: dict[Kind, str] = {}

    def instead(*, clock: Clock, **given: Any) -> Report:
        asked.append({**given, "now": clock()})
        return Report(Answers(unread=unread), [], [])

    monkeypatch.setattr(reconcile, "reconcile", instead)
    monkeypatch.setattr(timezone, "now", iter([NOW, NOW + DAY] * 2).__next__)
    (work,) = (job.work for job in schedule() if job.name == "reconcile_stripe")
    assert work(NOW) == Report(Answers(), [], []).line
    unread.update({Kind.REFUND: "no answer", Kind.DISPUTE: "no"})
    with pytest.raises(tasks.NotRead, match=r"^refund: no answer; dispute: no$"):
        work(NOW)
    assert asked == [{"since": NOW - timedelta(days=35), "by": WORKER, "now": NOW + DAY}] * 2
