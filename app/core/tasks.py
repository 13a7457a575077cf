"""Jobs that look after jobs: bring back what a dead worker held, forget what is long done."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from procrastinate.jobs import Job

from core import queue
from core.models import JobRun, RunStatus
from core.schedule import EVENTS, MOST_ATTEMPTS, QUEUE, scheduled

# Three heartbeats of a worker: Procrastinate writes one every ten seconds.
DEAD_WORKER_S = 30
KEEP_RUNS_DAYS = 30
KEEP_OTHERS_HOURS = 24
RESCUE_LOCK = 0x7265736375650001
DIED = "its worker died"


@scheduled(
    name="rescue_jobs",
    cron="* * * * *",
    does="Brings back jobs whose worker died",
    command="jobs --run rescue_jobs",
    # A lock would be held for ever by the run whose own worker died.
    alone=False,
)
def rescue_jobs(now: datetime) -> str:
    """Jobs in the hands of workers that gave no sign of life are due again; after their last
    attempt, and when another stands in the queue for the same work, they have failed."""
    with transaction.atomic():
        queue.take_turns(lock=RESCUE_LOCK)
        stalled = queue.stalled(silent_s=DEAD_WORKER_S)
        for job in stalled:
            _rescue(job, now=now)
    return f"jobs  {len(stalled)} held by dead workers"


@scheduled(
    name="forget_jobs",
    cron="50 3 * * *",
    does=f"Forgets job rows: succeeded scheduled ones after {KEEP_RUNS_DAYS} days",
    command="jobs --run forget_jobs",
)
def forget_jobs(now: datetime) -> str:
    """The rows of jobs that are long done are gone, so the tables stay small."""
    queue.forget(queue=QUEUE, hours=KEEP_RUNS_DAYS * 24)
    queue.forget(queue=EVENTS, hours=KEEP_OTHERS_HOURS)
    before = now - timedelta(days=KEEP_RUNS_DAYS)
    gone, _ = JobRun.objects.filter(started_at__lt=before).delete()
    return f"jobs  {gone} runs from before {before:%Y-%m-%d} forgotten"


def _rescue(job: Job, *, now: datetime) -> None:
    JobRun.objects.filter(job_id=job.id, status=RunStatus.RUNNING).update(
        status=RunStatus.FAILED, finished_at=now, said=DIED
    )
    # One with a queueing lock has a successor in the queue, or the schedule sees to its work.
    if job.queueing_lock is None and job.attempts + 1 < MOST_ATTEMPTS:
        queue.again(job, at=now)
    else:
        queue.fail(job)
