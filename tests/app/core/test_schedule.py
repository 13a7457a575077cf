"""core.schedule: jobs at their times, each time once, every attempt on record."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job
from procrastinate.periodic import PeriodicDeferrer

from core import queue, schedule, tasks
from core.models import JobRun
from core.worker import pause

DUE = int(datetime(2026, 3, 2, 12, 40, 5, tzinfo=UTC).timestamp())


@pytest.fixture
def odd_job(db: None) -> Iterator[list[datetime]]:
    """A job of the schedule that does as its list of moments says: it fails while that is empty."""
    done: list[datetime] = []

    @schedule.scheduled(name="odd_job", cron="40 * * * *", does="Odd things", command="odd_job")
    def odd_job(now: datetime) -> str:
        if not done:
            raise ZeroDivisionError("nothing\0 to do")
        said = f"things  {len(done)} done"
        done.append(now)
        return said

    yield done
    _forget("odd_job")


def _forget(name: str) -> None:
    del schedule._SCHEDULE[name], app.tasks[name]
    del app.periodic_registry.periodic_tasks[name, ""]


def run_as_job(name: str = "odd_job", attempts: int = 0, **of_job: Any) -> None:
    """What a worker does with a job that it took from the queue."""
    job = Job(
        id=7, queue="schedule", lock=None, queueing_lock=None, task_name=name, attempts=attempts
    )

    class Context:
        pass

    context: Any = Context()
    context.job = job
    app.tasks[name](context, **of_job)


def test_a_run_that_succeeds_is_on_record(odd_job: list[datetime]) -> None:
    odd_job.append(datetime.now(UTC))
    run_as_job(timestamp=DUE)
    run = JobRun.objects.get()
    assert (run.name, run.job_id, run.attempt) == ("odd_job", 7, 1)
    assert (run.status, run.said) == ("succeeded", "things  1 done")
    assert (run.due_at, run.finished_at is not None) == (datetime.fromtimestamp(DUE, UTC), True)


def test_a_run_that_fails_is_on_record_and_raises_for_another_try(odd_job: list[datetime]) -> None:
    with pytest.raises(ZeroDivisionError):
        run_as_job(attempts=2, timestamp=DUE)
    run = JobRun.objects.get()
    assert (run.status, run.attempt) == ("failed", 3)
    assert run.said == "ZeroDivisionError: nothing  to do"


def test_what_a_run_said_is_kept_as_far_as_it_fits(odd_job: list[datetime]) -> None:
    long = "x" * 501
    odd = schedule._SCHEDULE["odd_job"]
    schedule._SCHEDULE["odd_job"] = replace(odd, work=lambda now: long)
    assert schedule.run_now(name="odd_job") == long
    assert JobRun.objects.get().said == long[:500]


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_failed_run_comes_back_a_bounded_number_of_times_and_ever_later(
    monkeypatch: pytest.MonkeyPatch, now: datetime, share: float
) -> None:
    def uniform(low: float, high: float) -> float:
        assert (low, high) == (0.5, 1.0)
        return share

    monkeypatch.setattr(schedule, "_RNG", SimpleNamespace(uniform=uniform))
    monkeypatch.setattr(timezone, "now", lambda: now)
    waits_s = []
    for attempts in range(schedule.MOST_ATTEMPTS):
        job = Job(
            id=1, queue="q", lock=None, queueing_lock=None, task_name="odd_job", attempts=attempts
        )
        decision = schedule.Backoff().get_retry_decision(exception=Exception(), job=job)
        at = decision and decision.retry_at
        waits_s.append(at and (at - now).total_seconds())
    first_s = schedule.FIRST_WAIT_S * share
    assert waits_s == [*(first_s * 4**n for n in range(schedule.MOST_ATTEMPTS - 1)), None]


def test_a_worker_that_lost_the_database_waits_ever_longer_up_to_half_a_minute() -> None:
    longest = [pause(failures=n, uniform=lambda low, high: high) for n in range(1, 10)]
    shortest = [pause(failures=n, uniform=lambda low, high: low) for n in (1, 1000)]
    assert longest == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert shortest == [0.25, 15.0]


@pytest.mark.parametrize(("alone", "lock"), [(True, "even_job"), (False, None)])
def test_a_job_is_a_task_that_keeps_from_overlapping_itself_unless_it_may(
    alone: bool, lock: str | None
) -> None:
    decorated = schedule.scheduled(
        name="even_job", cron="2 * * * *", does="Even things", command="jobs", alone=alone
    )
    made = decorated(lambda now: "done")
    try:
        assert made is app.tasks["even_job"]
        assert (made.lock, made.queue, made.pass_context) == (lock, schedule.QUEUE, True)
        assert ("even_job", "2 * * * *") in [(each.name, each.cron) for each in schedule.schedule()]
    finally:
        _forget("even_job")


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_fire_once() -> None:
    """Two of Procrastinate's own schedulers with connections of their own, told the same time:
    the database lets one of them defer each job."""

    async def both() -> None:
        with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
            async with app.open_async():
                one, two = (PeriodicDeferrer(app.periodic_registry, 24 * 3600) for _ in range(2))
                await asyncio.gather(
                    *(each.defer_jobs(list(each.get_previous_tasks(at=DUE))) for each in (one, two))
                )

    asyncio.run(both())
    names = sorted(ProcrastinateJob.objects.values_list("task_name", flat=True))
    assert names == [job.name for job in schedule.schedule()]
    assert "run_checks" in names


def test_the_schedule_names_a_command_that_exists_for_each_job() -> None:
    from django.core.management import get_commands

    commands = {job.command.split()[0] for job in schedule.schedule()}
    assert commands <= set(get_commands())


def test_each_job_can_be_done_by_a_command_for_another_day() -> None:
    from django.core.management import get_commands, load_command_class

    apps, without = get_commands(), []
    for job in schedule.schedule():
        name = job.command.split()[0]
        parser = load_command_class(str(apps[name]), name).create_parser("manage.py", name)
        options = {option for action in parser._actions for option in action.option_strings}
        if not options & {"--date", "--since"}:
            without.append(job.name)
    assert without == []


def _job(worker_beat: str | None, *, status: str = "doing", **columns: Any) -> int:
    """A job in the hands of a worker whose last sign of life is so long ago."""
    with connection.cursor() as cursor:
        worker = None
        if worker_beat:
            cursor.execute(
                "INSERT INTO procrastinate_workers (last_heartbeat) "
                "VALUES (now() - %s::interval) RETURNING id",
                [worker_beat],
            )
            [worker] = cursor.fetchone()
        row = {"queue_name": "schedule", "task_name": "odd", "attempts": 0, **columns}
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, attempts, queueing_lock, "
            "status, worker_id) VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
            [
                row["queue_name"],
                row["task_name"],
                row["attempts"],
                row.get("queueing_lock"),
                status,
                worker,
            ],
        )
        [key] = cursor.fetchone()
    return int(key)


def test_jobs_of_dead_workers_come_back_and_their_runs_say_so(db: None, now: datetime) -> None:
    dead, gone = _job("1 minute"), _job(None)
    alive = _job("1 second")
    tried = _job("1 minute", attempts=schedule.MOST_ATTEMPTS - 2)
    last = _job("1 minute", attempts=schedule.MOST_ATTEMPTS - 1)
    woken = _job("1 minute", queueing_lock="work_inbox")
    JobRun.objects.create(name="odd", job_id=dead, attempt=1, started_at=now)
    assert tasks.rescue_jobs.func is not None
    assert schedule.run_now(name="rescue_jobs") == "jobs  5 held by dead workers"
    found = dict(ProcrastinateJob.objects.values_list("id", "status"))
    assert found == {
        dead: "todo",
        gone: "todo",
        tried: "todo",
        alive: "doing",
        last: "failed",
        woken: "failed",
    }
    run = JobRun.objects.get(name="odd")
    assert (run.status, run.said) == ("failed", tasks.DIED)
    assert schedule.run_now(name="rescue_jobs") == "jobs  0 held by dead workers"


def test_jobs_of_dead_workers_are_looked_for_by_one_at_a_time_and_come_back_together(
    db: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [_job("1 minute"), _job("1 minute", queueing_lock="work_inbox")]
    (rescue,) = (job.work for job in schedule.schedule() if job.name == "rescue_jobs")

    def lost(job: Job) -> None:
        raise OperationalError("the database went away")

    monkeypatch.setattr(queue, "fail", lost)
    with CaptureQueriesContext(connection) as queries, pytest.raises(OperationalError):
        rescue(now)
    assert queries[1]["sql"] == f"SELECT pg_advisory_xact_lock({tasks.RESCUE_LOCK})"
    found = dict(ProcrastinateJob.objects.values_list("id", "status"))
    assert found == dict.fromkeys(jobs, "doing")


def test_old_runs_are_forgotten(db: None) -> None:
    now = timezone.now()
    for days in (1, 29, 31):
        JobRun.objects.create(
            name="odd", attempt=1, started_at=now - timedelta(days=days), job_id=days
        )
    with connection.cursor() as cursor:
        for name, hours in (("events", 23), ("events", 25), ("schedule", 719), ("schedule", 721)):
            key = _job(None, status="succeeded", queue_name=name)
            cursor.execute(
                "INSERT INTO procrastinate_events (job_id, type, at) "
                "VALUES (%s, 'succeeded', now() - %s * interval '1 hour')",
                [key, hours],
            )
    assert schedule.run_now(name="forget_jobs").startswith("jobs  1 runs from before ")
    assert sorted(JobRun.objects.exclude(name="forget_jobs").values_list("job_id", flat=True)) == [
        1,
        29,
    ]
    queues = sorted(ProcrastinateJob.objects.values_list("queue_name", flat=True))
    assert queues == ["events", "schedule"]


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("jobs", *arguments, stdout=out)
    return out.getvalue()


def test_jobs_lists_the_schedule_and_the_latest_runs(odd_job: list[datetime]) -> None:
    with pytest.raises(ZeroDivisionError):
        run_as_job(timestamp=DUE)
    odd_job.append(datetime.now(UTC))
    assert said("--run", "odd_job") == "things  1 done\n"
    listed = said().splitlines()
    assert "runs  the latest 20" in listed
    assert "odd_job              40 * * * *     Odd things" in listed
    failed, by_hand = listed[-2:]
    assert failed.endswith(
        "odd_job              failed    attempt 1, due 12:40:05: ZeroDivisionError: nothing  to do"
    )
    assert by_hand.endswith("odd_job              succeeded attempt 1, by hand: things  1 done")
    assert said("--failed").splitlines()[-2:] == ["runs  the latest 20 that failed", failed]


def test_a_job_is_done_for_a_moment_of_the_past_and_never_of_the_future(
    odd_job: list[datetime],
) -> None:
    odd_job.append(datetime.now(UTC))
    assert said("--run", "odd_job", "--date", "2026-03-02T06:30") == "things  1 done\n"
    moment = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
    assert odd_job[1:] == [moment]
    run = JobRun.objects.get()
    assert (run.due_at, run.job_id, run.started_at > moment) == (moment, None, True)
    assert (
        said().splitlines()[-1].endswith("attempt 1, by hand for 2026-03-02 06:30: things  1 done")
    )
    for date, sentence in (("soon", "--date: found 'soon'"), ("2999-01-01", "of the past")):
        with pytest.raises(CommandError, match=sentence):
            said("--run", "odd_job", "--date", date)
    assert JobRun.objects.count() == 1


def test_a_job_is_done_for_this_very_moment(
    odd_job: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
    odd_job.append(moment)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    assert schedule.run_now(name="odd_job", moment=moment) == "things  1 done"
    with pytest.raises(schedule.NotYet):
        schedule.run_now(name="odd_job", moment=moment + timedelta(seconds=1))


def test_running_a_job_that_does_not_exist_names_those_that_do(db: None) -> None:
    names = ", ".join(job.name for job in schedule.schedule())
    with pytest.raises(CommandError, match=f"^Job: found 'odd', expected one of {names}\\.$"):
        said("--run", "odd")
