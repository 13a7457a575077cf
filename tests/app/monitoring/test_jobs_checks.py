"""monitoring.checks.jobs: a failed or silent job is an issue until a later run succeeds."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core.models import JobRun, RunStatus
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


def test_a_job_that_no_longer_runs_is_an_issue(now: datetime) -> None:
    ran(now, RunStatus.SUCCEEDED, "checks  16 run")
    ran(now, RunStatus.SUCCEEDED, "as ever", name="a job that the schedule had once")
    assert issues(now + timedelta(hours=26)) == []
    silent = "succeeded on 2026-03-02 12:00 UTC, attempt 2: checks  16 run"
    assert issues(now + timedelta(hours=26, seconds=1)) == [("job:run_checks", "open", 1, silent)]


@pytest.mark.parametrize(
    ("status", "finished"), [("running", True), ("succeeded", False), ("done", True)]
)
def test_postgresql_refuses_a_run_that_cannot_be(
    refused: object, status: str, finished: bool, now: datetime
) -> None:
    assert callable(refused)
    said = refused(
        "INSERT INTO core_jobrun (name, attempt, started_at, finished_at, status, said) "
        "VALUES ('odd', 1, %s, %s, %s, '')",
        now,
        now if finished else None,
        status,
    )
    assert "job_run_" in said
