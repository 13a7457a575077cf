"""Procrastinate's queue over Django's own connection, so that what is written here stands or falls
with the caller's transaction.

Note [No wake-up is lost]: work that comes in bursts has one job waiting at most (a queueing lock),
so a burst of 1,000 events costs one job. Whoever finds that job waiting adds none. A worker could
take the job and look before the work was committed: so whoever adds work holds a shared lock until
its commit, and the job takes the same lock exclusively for an instant before it looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.jobs import Job, Status
from procrastinate.sql import queries

_PROCRASTINATE = DjangoConnector()


def wake(
    *,
    task: str,
    queue: str,
    lock: int,
    work: str = "SELECT 1",
    values: Mapping[str, Any] | None = None,
) -> None:
    """One job of this task waits, with the caller's transaction. `work`, an INSERT with `values`,
    adds what it is for: both stand or fall together, and the database is asked once."""
    # One statement, and no error when one waits already: this is in the webhook's path.
    _execute(
        f"""
        WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(%(lock)s)),
            work AS ({work})
        INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock)
        SELECT %(queue)s, %(task)s, %(task)s FROM held
        ON CONFLICT (queueing_lock) WHERE status = '{Status.TODO.value}' DO NOTHING
        """,  # noqa: S608 (written here; values are parameters)
        {**(values or {}), "lock": lock, "queue": queue, "task": task},
    )


def wake_later(*, task: str, queue: str, at: datetime) -> None:
    """One job of this task waits for this moment, or for an earlier one that was asked for."""
    _execute(
        f"""
        INSERT INTO procrastinate_jobs AS jobs (queue_name, task_name, queueing_lock, scheduled_at)
        VALUES (%(queue)s, %(task)s, %(task)s || ' later', %(at)s)
        ON CONFLICT (queueing_lock) WHERE status = '{Status.TODO.value}' DO UPDATE
        SET scheduled_at = least(jobs.scheduled_at, excluded.scheduled_at)
        """,  # noqa: S608 (written here; values are parameters)
        {"queue": queue, "task": task, "at": at},
    )


def wait_for_writers(*, lock: int) -> None:
    """Return once everyone who found a job waiting has committed; see Note [No wake-up is lost]."""
    # Outside of a transaction the statement is one, so the lock is held for that instant only.
    take_turns(lock=lock)


def take_turns(*, lock: int) -> None:
    """Hold this lock until the caller's transaction ends."""
    _execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": lock})


def stalled(*, silent_s: float) -> list[Job]:
    """Jobs in the hands of workers that gave no sign of life for so long."""
    rows = _PROCRASTINATE.execute_query_all(
        query=queries["select_stalled_jobs_by_heartbeat"],
        queue=None,
        task_name=None,
        seconds_since_heartbeat=silent_s,
    )
    return [Job.from_row(row) for row in rows]


def again(job: Job, *, at: datetime) -> None:
    """The job waits again, with one more attempt counted."""
    _PROCRASTINATE.execute_query(
        query=queries["retry_job"],
        job_id=job.id,
        retry_at=at,
        new_priority=None,
        new_queue_name=None,
        new_lock=None,
    )


def fail(job: Job) -> None:
    """The job has failed for good."""
    _PROCRASTINATE.execute_query(
        query=queries["finish_job"], job_id=job.id, status=Status.FAILED.value, delete_job=False
    )


def forget(*, queue: str, hours: int) -> None:
    """Delete jobs of this queue that ended longer ago than that."""
    _PROCRASTINATE.execute_query(
        query=queries["delete_old_jobs"],
        queue=queue,
        nb_hours=hours,
        statuses=[Status.SUCCEEDED.value, Status.FAILED.value, Status.ABORTED.value],
    )


def _execute(query: str, parameters: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
