"""monitoring.checks.jobs: a failed or silent job is an issue until a later run succeeds."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from core.models import JobRun, RunStatus
from core.schedule import MOST_ATTEMPTS, Scheduled, schedule
from monitoring.models import Issue
from monitoring.services import run_checks

pytestmark = pytest.mark.django_db


def ran(now: datetime, status: RunStatus, said: str = "", name: str = "run_checks") -> None:
    JobRun.objects.create(
        name=name,
        job_id=1,
        attempt=2,
        started_at=now,
        finished_at=None if status == RunStatus.RUNNING else now,
        status=status,
        said=said,
    )


def issues(now: datetime) -> list[tuple[str, str, int, str]]:
    run_checks(now=now, only=["failed-jobs"])
    return list(Issue.objects.values_list("subject", "status", "times_opened", "actual"))


def test_a_failed_run_is_an_issue_until_one_succeeds_and_again_when_it_fails(now: datetime) -> None:
    assert issues(now) == []
    ran(now, RunStatus.FAILED, "Lost: the way")
    failed = "failed on 2026-03-02 12:00 UTC, attempt 2: Lost: the way"
    assert issues(now) == [("job:run_checks", "open", 1, failed)]
    ran(now, RunStatus.RUNNING)
    assert issues(now) == [("job:run_checks", "open", 1, failed)]
    ran(now, RunStatus.SUCCEEDED)
    assert issues(now) == [("job:run_checks", "resolved", 1, failed)]
    ran(now, RunStatus.FAILED, "Lost: the way")
    assert issues(now) == [("job:run_checks", "open", 2, failed)]


async def _work_once() -> None:
    """A real worker takes what is due from the queue, then stops."""
    with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
        async with app.open_async():
            await app.run_worker_async(
                queues=["schedule"], wait=False, listen_notify=False, install_signal_handlers=False
            )


async def _defer(job: Scheduled) -> None:
    with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
        async with app.open_async():
            await job.task.defer_async(timestamp=1_772_410_200)


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_tries_a_failing_job_again_until_it_is_an_issue_that_resolves(
    monkeypatch: Any,
) -> None:
    """The daily snapshot fails four times; the last failure ends the job, and not the story."""
    [job] = [job for job in schedule() if job.name == "take_snapshots"]

    def lost(**given: Any) -> None:
        raise ConnectionError("lost the way")

    # The worker would start everything else that is due, too.
    monkeypatch.setattr(app.periodic_registry, "periodic_tasks", {})
    with monkeypatch.context() as patch:
        patch.setattr("analyticsapp.snapshots.take", lost)
        asyncio.run(_defer(job))
        became = []
        for _ in range(MOST_ATTEMPTS):
            asyncio.run(_work_once())
            became += ProcrastinateJob.objects.values_list("status", "attempts")
            with connection.cursor() as cursor:
                cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")
    assert became == [("todo", 1), ("todo", 2), ("todo", 3), ("failed", 4)]
    runs = JobRun.objects.order_by("id").values_list("attempt", "status", "said")
    assert list(runs) == [(n, "failed", "ConnectionError: lost the way") for n in range(1, 5)]

    run_checks(now=timezone.now(), only=["failed-jobs"])
    [issue] = Issue.objects.all()
    assert (issue.subject, issue.status) == ("job:take_snapshots", "open")
    assert issue.actual.endswith("attempt 4: ConnectionError: lost the way")

    asyncio.run(_defer(job))
    asyncio.run(_work_once())
    run_checks(now=timezone.now(), only=["failed-jobs"])
    issue.refresh_from_db()
    assert issue.status == "resolved"


def test_a_job_that_no_longer_runs_is_an_issue(now: datetime) -> None:
    ran(now, RunStatus.SUCCEEDED, "checks  16 run")
    ran(now, RunStatus.SUCCEEDED, "as ever", name="a job that the schedule had once")
    assert issues(now + timedelta(hours=26)) == []
    silent = "succeeded on 2026-03-02 12:00 UTC, attempt 2: checks  16 run"
    assert issues(now + timedelta(hours=26, seconds=1)) == [("job:run_checks", "open", 1, silent)]


@pytest.mark.parametrize(
    ("status", "finished", "rule"),
    [
        ("running", True, "job_run_finished_has_its_time"),
        ("succeeded", False, "job_run_finished_has_its_time"),
        ("done", True, "job_run_status_is_known"),
    ],
)
def test_postgresql_refuses_a_run_that_cannot_be(
    refused: object, status: str, finished: bool, rule: str, now: datetime
) -> None:
    assert callable(refused)
    said = refused(
        "INSERT INTO core_jobrun (name, attempt, started_at, finished_at, status, said) "
        "VALUES ('odd', 1, %s, %s, %s, '')",
        now,
        now if finished else None,
        status,
    )
    assert rule in said
