"""What runs by itself and when: cron-syntax schedules on Procrastinate, in the shop's own database.

Note [One schedule, many workers]: every worker also defers what is due. The database keeps each
due moment once (unique in procrastinate_periodic_defers), so any number of them fires it once.
A job's lock keeps it from overlapping itself; a run that fails comes back, a bounded number of
times, and every attempt leaves a `JobRun`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from django.utils import timezone
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job
from procrastinate.tasks import Task

from core.models import JobRun, RunStatus
from core.refusal import Refused

QUEUE = "schedule"
EVENTS = "events"
MOST_ATTEMPTS = 4
FIRST_WAIT_S = 10.0
_RNG = random.SystemRandom()


@dataclass(frozen=True)
class Scheduled:
    """A job of the schedule. `command` does the same once, by hand or from plain cron."""

    name: str
    cron: str
    does: str
    command: str
    task: Task[..., None, ...]
    work: Callable[[datetime], str]


class Backoff(BaseRetryStrategy):
    """Four times as long after each failure, less a random part of up to half, a few times."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When the job comes back; None when it was its last attempt."""
        if job.attempts + 1 >= MOST_ATTEMPTS:
            return None
        wait_s = FIRST_WAIT_S * 4**job.attempts * _RNG.uniform(0.5, 1.0)
        return RetryDecision(retry_at=timezone.now() + timedelta(seconds=wait_s))


_SCHEDULE: dict[str, Scheduled] = {}


def schedule() -> list[Scheduled]:
    """Every scheduled job, by name."""
    return [_SCHEDULE[name] for name in sorted(_SCHEDULE)]


class NoSuchJob(Refused):
    """The schedule has no job of this name."""


class NotYet(Refused):
    """The moment that a job was to be done for has not come."""


def run_now(*, name: str, moment: datetime | None = None) -> str:
    """Do a scheduled job here and now, recorded like any other run; its line. With a `moment` of
    the past it is done as it would have been then. Whatever it raises is recorded and rises.
    Raises NoSuchJob or NotYet."""
    if name not in _SCHEDULE:
        raise NoSuchJob(f"Job: found {name!r}, expected one of {', '.join(sorted(_SCHEDULE))}.")
    if moment and moment > timezone.now():
        raise NotYet(f"--date: found {moment:%Y-%m-%d %H:%M} UTC, expected a moment of the past.")
    timestamp = int(moment.timestamp()) if moment else None
    return _recorded(_SCHEDULE[name].work, name=name, timestamp=timestamp, moment=moment)


def scheduled(
    *, name: str, cron: str, does: str, command: str, alone: bool = True
) -> Callable[[Callable[[datetime], str]], Task[..., None, ...]]:
    """Run the function at these times (UTC). It is given the time of its run and returns one
    line that says what it did; whatever it raises makes the run a failed one. `alone`: never
    beside another run of the same job."""

    return partial(_register, name=name, cron=cron, does=does, command=command, alone=alone)


def _register(
    work: Callable[[datetime], str], *, name: str, cron: str, does: str, command: str, alone: bool
) -> Task[..., None, ...]:
    def run(context: JobContext, timestamp: int | None = None) -> None:
        _recorded(work, name=name, job=context.job, timestamp=timestamp)

    lock = name if alone else None
    made = app.task(name=name, queue=QUEUE, lock=lock, retry=Backoff(), pass_context=True)(run)
    app.periodic(cron=cron)(made)
    _SCHEDULE[name] = Scheduled(name, cron, does, command, made, work)
    return made


def _recorded(
    work: Callable[[datetime], str],
    *,
    name: str,
    job: Job | None = None,
    timestamp: int | None = None,
    moment: datetime | None = None,
) -> str:
    row = JobRun.objects.create(
        name=name,
        job_id=job.id if job else None,
        attempt=job.attempts + 1 if job else 1,
        due_at=datetime.fromtimestamp(timestamp, UTC) if timestamp else None,
        started_at=timezone.now(),
    )
    try:
        said = work(moment or row.started_at)
    except Exception as error:
        _end(row, RunStatus.FAILED, f"{type(error).__name__}: {error}")
        raise
    _end(row, RunStatus.SUCCEEDED, said)
    return said


def _end(row: JobRun, status: RunStatus, said: str) -> None:
    JobRun.objects.filter(pk=row.pk).update(
        status=status, said=said.replace("\0", " ").strip()[:500], finished_at=timezone.now()
    )
