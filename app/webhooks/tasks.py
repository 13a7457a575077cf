"""The inbox's jobs: one that arriving events wake, and a sweep in case anything was missed."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from procrastinate.contrib.django import app

from core.schedule import EVENTS, scheduled
from webhooks import queue, worker

# So that a worker told to stop is done soon; what is left wakes the next one.
BATCH = 50


@app.task(name=queue.TASK, queue=EVENTS)
def work_inbox() -> None:
    """Work on what is due, then see that somebody comes back for what is not due yet."""
    queue.wait_for_writers()
    work_and_come_back(now=timezone.now())


def work_and_come_back(*, now: datetime) -> int:
    """Work on at most a batch of events; a job waits for the next of the others, if any."""
    done = worker.process_all(now=now, limit=BATCH)
    next_at = worker.next_attempt_at()
    if next_at is not None and next_at <= now:
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
    return f"events  {work_and_come_back(now=now)} worked on"
