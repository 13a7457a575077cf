"""demo.scheduled: what counts as a good run of the schedule. The gate does it with real workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from analyticsapp.models import DailySnapshot
from core.models import JobRun
from core.schedule import schedule
from demo import scheduled
from demo.children import Child, ChildEnded
from demo.management.commands import prove_schedule

DAY = date(2026, 3, 1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def workers(tmp_path: Path) -> list[Child]:
    """Two workers that said that they stopped."""
    children = []
    for number in (1, 2):
        log = tmp_path / f"worker-{number}.log"
        log.write_text(f"worker  waiting for work\n{scheduled.STOPPED}\n", "utf-8")
        children.append(Child(f"worker-{number}", None, log))  # type: ignore[arg-type]
    return children


def ran(name: str, due_at: datetime, **changes: Any) -> None:
    given: dict[str, Any] = {
        "attempt": 1,
        "started_at": due_at,
        "finished_at": due_at,
        "status": "succeeded",
        "said": "as ever",
    }
    JobRun.objects.create(name=name, due_at=due_at, **given | changes)


@pytest.fixture
def all_ran(now: datetime) -> None:
    for job in schedule():
        ran(job.name, now)


def test_one_run_of_each_job_is_good(all_ran: None, workers: list[Child], now: datetime) -> None:
    ran("process_events", now + timedelta(minutes=1))
    seen = scheduled._read(workers)
    assert seen.is_good
    assert list(seen.first) == [job.name for job in schedule()]
    assert scheduled._unfinished() == set()


def test_a_moment_that_started_two_runs_is_not(
    all_ran: None, workers: list[Child], now: datetime
) -> None:
    ran("run_checks", now)
    assert scheduled._read(workers).doubled == ["run_checks"]
    assert not scheduled._read(workers).is_good


def test_a_second_attempt_is_no_second_start_and_its_failure_is_seen(
    all_ran: None, workers: list[Child], now: datetime
) -> None:
    ran("run_checks", now, attempt=2, status="failed", said="Lost: the way")
    seen = scheduled._read(workers)
    assert (seen.doubled, [run.said for run in seen.failed]) == ([], ["Lost: the way"])
    assert not seen.is_good


def test_a_job_that_did_not_run_or_did_not_end_is_missed(
    all_ran: None, workers: list[Child]
) -> None:
    JobRun.objects.filter(name="take_snapshots").delete()
    JobRun.objects.filter(name="run_checks").update(status="running", finished_at=None)
    assert scheduled._unfinished() == {"run_checks", "take_snapshots"}
    seen = scheduled._read(workers)
    assert (seen.missing, [run.name for run in seen.failed]) == (["take_snapshots"], ["run_checks"])
    assert not seen.is_good


@pytest.mark.parametrize("log", ["", "worker  waiting for work\n"])
def test_a_worker_that_did_not_stop_by_the_word_is_not_good(
    all_ran: None, workers: list[Child], log: str
) -> None:
    workers[0].log.write_text(log, "utf-8")
    seen = scheduled._read(workers)
    assert seen.stopped == 1
    assert not seen.is_good
    assert replace(seen, stopped=2).is_good


class Proof:
    """`manage.py prove_schedule` with nothing started: what it did, in its order, and said."""

    def __init__(self, seen: scheduled.Watched) -> None:
        self.seen = seen
        self.did: list[str] = []
        self.fails: Exception | None = None
        self.out = StringIO()

    @contextmanager
    def twin(self, address: str) -> Iterator[None]:
        self.did.append(f"twin {address}".strip())
        yield
        self.did.append("twin ended")

    def seed(self, *, now: datetime) -> date:
        self.did.append("seeded")
        return DAY

    def watch(self) -> scheduled.Watched:
        self.did.append("watched")
        if self.fails:
            raise self.fails
        return self.seen

    def flush(self) -> None:
        self.did.append(f"said {self.out.getvalue().strip()}")

    def run(self) -> int:
        try:
            call_command("prove_schedule", stdout=self.out)
        except SystemExit as end:
            return int(str(end.code))
        return 0


@pytest.fixture
def proof(
    all_ran: None, workers: list[Child], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> Proof:
    proof = Proof(scheduled._read(workers))
    JobRun.objects.all().delete()
    monkeypatch.setattr(prove_schedule, "pointed_at_twin", proof.twin)
    monkeypatch.setattr(prove_schedule, "_seed_up_to_yesterday", proof.seed)
    monkeypatch.setattr(prove_schedule, "watch", proof.watch)
    monkeypatch.setattr(prove_schedule, "run_checks", lambda now: proof.did.append("checked"))
    monkeypatch.setattr(proof.out, "flush", proof.flush)
    return proof


def snapshot_of(day: date, now: datetime) -> None:
    figures = [
        *("orders_placed", "orders_paid", "orders_fulfilled", "orders_canceled"),
        *("captured_pennies", "refunded_pennies", "returned_pennies"),
        *("active_subscriptions", "mrr_pennies"),
    ]
    DailySnapshot.objects.create(day=day, currency="GBP", taken_at=now, **dict.fromkeys(figures, 0))


def test_the_proof_shows_every_job_and_ends_well_when_all_went_well(
    proof: Proof, now: datetime
) -> None:
    snapshot_of(DAY, now)
    assert proof.run() == 0
    begins = "said workers  2 started, and told nothing but `work`"
    assert proof.did == ["twin", "seeded", begins, "watched", "twin ended", "checked"]
    lines = proof.out.getvalue().splitlines()
    jobs = len(schedule())
    assert [line.split()[0] for line in lines[1:-2]] == [job.name for job in schedule()]
    assert lines[1].endswith(
        "due 2026-03-02 12:00:00, begun 2026-03-02 12:00:00, succeeded: as ever"
    )
    assert lines[-2:] == [
        f"snapshot {DAY} GBP taken",
        f"schedule  {jobs} of {jobs} jobs ran, 0 runs failed, 0 jobs started twice for one moment; "
        "2 of 2 workers stopped when told",
    ]


def test_the_proof_shows_what_went_wrong_and_fails(
    proof: Proof, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lasting:
        actual = "not run"

        def __str__(self) -> str:
            return "failed-jobs: run_checks"

    monkeypatch.setattr(prove_schedule, "unsettled", lambda now: [Lasting()])
    snapshot_of(DAY, now)
    name = schedule()[0].name
    lost = JobRun(name=name, status="failed", attempt=2, said="Lost: the way", started_at=now)
    first = {job: run for job, run in proof.seen.first.items() if job != name}
    proof.seen = replace(proof.seen, first=first, failed=[lost])
    assert proof.run() == 1
    lines = proof.out.getvalue().splitlines()
    assert lines[1].split(maxsplit=1)[0] == name
    assert lines[1].endswith("did not run")
    assert f"failed   {name}, attempt 2: Lost: the way" in lines
    assert "issue    failed-jobs: run_checks: not run" in lines


def test_the_proof_fails_without_the_snapshot_of_the_day_that_ended(
    proof: Proof, now: datetime
) -> None:
    snapshot_of(DAY - timedelta(days=1), now)
    assert proof.run() == 1


def test_a_worker_that_ended_by_itself_is_said(proof: Proof) -> None:
    proof.fails = ChildEnded("worker-1: ended by itself")
    with pytest.raises(CommandError, match=r"^prove_schedule: worker-1: ended by itself$"):
        proof.run()


def test_it_wants_a_database_in_which_nothing_ran(proof: Proof, now: datetime) -> None:
    ran("run_checks", now)
    with pytest.raises(CommandError, match="jobs ran in this database before"):
        proof.run()
    assert proof.did == []


def test_it_refuses_production(proof: Proof, settings: Any) -> None:
    settings.SHOP_IS_DEMO = False
    with pytest.raises(CommandError, match="prove_schedule: these are production settings"):
        proof.run()
    assert proof.did == []
