"""demo.scheduled: what counts as a good run of the schedule. The gate does it with real workers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core.models import JobRun
from core.schedule import schedule
from demo import scheduled
from demo.children import Child

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


def test_it_wants_a_database_in_which_nothing_ran(now: datetime) -> None:
    ran("run_checks", now)
    with pytest.raises(CommandError, match="jobs ran in this database before"):
        call_command("prove_schedule")


def test_it_refuses_production(settings: Any) -> None:
    settings.SHOP_IS_DEMO = False
    with pytest.raises(CommandError, match="prove_schedule: these are production settings"):
        call_command("prove_schedule")
