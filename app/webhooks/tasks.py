"""The inbox's jobs: one that arriving events wake, a sweep in case anything was missed, and two
that ask Stripe for what never arrived."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from core.actor import system
from core.clock import Clock, running_from
from core.models import JobRun, RunStatus
from core.schedule import EVENTS, scheduled
from webhooks import pull, queue, reconcile, worker

# So that a worker told to stop is done soon; what is left wakes the next one.
BATCH = 50
# How far a pull goes back before the last one.
OVERLAP = timedelta(hours=1)


class NotRead(Exception):
    """Stripe did not say what it has of some kind of object."""


@app.task(name=queue.TASK, queue=EVENTS)
def work_inbox() -> None:
    """Work on what is due, then see that somebody comes back for what is not due yet."""
    queue.wait_for_writers()
    work_and_come_back(clock=timezone.now)


def work_and_come_back(*, clock: Clock) -> int:
    """Work on at most a batch of events; a job waits for the next of the others, if any."""
    done = worker.process_all(clock=clock, limit=BATCH)
    next_at = worker.next_attempt_at()
    if next_at is not None and next_at <= clock():
        queue.wake()
    elif next_at is not None:
        queue.wake_later(at=next_at)
    return done


@scheduled(
    name="process_events",
    cron="* * * * *",
    does="Works on Stripe's events that wait in the inbox",
    command="process_events",
)
def process_events(now: datetime) -> str:
    """Whatever waits is worked on, even if no job was ever queued for it."""
    return f"events  {work_and_come_back(clock=running_from(now))} worked on"


@scheduled(
    name="pull_stripe_events",
    cron="10 * * * *",
    does="Asks Stripe for events that did not arrive",
    command="pull_stripe_events",
)
def pull_stripe_events(now: datetime) -> str:
    """Events since the last run that succeeded stand in the inbox; at first, those of three days.
    The runs overlap, so that no clock has to agree with Stripe's."""
    ran = JobRun.objects.filter(name="pull_stripe_events", status=RunStatus.SUCCEEDED)
    last = ran.order_by("-id").first()
    since = last.started_at - OVERLAP if last else now - pull.LOOKS_BACK
    return pull.pull(since=since, by=system("worker"), now=now).line


@scheduled(
    name="reconcile_stripe",
    cron="20 2 * * *",
    does="Compares the shop with Stripe object by object and mends what differs",
    command="reconcile_stripe",
)
def reconcile_stripe(now: datetime) -> str:
    """What Stripe has stands in the shop. What is left to a person is an issue by the checks; a
    kind that could not be read makes the run a failed one."""
    report = reconcile.reconcile(
        since=now - reconcile.LOOKS_BACK, by=system("worker"), clock=running_from(now)
    )
    if report.answers.unread:
        raise NotRead("; ".join(f"{kind}: {why}" for kind, why in report.answers.unread.items()))
    return report.line
