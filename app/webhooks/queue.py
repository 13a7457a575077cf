"""Tell the workers that the inbox holds something, in the transaction that puts it there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core import queue
from core.schedule import EVENTS

TASK = "work_inbox"
LOCK = 0x696E626F78000001


def wake() -> None:
    """A job for the inbox waits. One is enough for any number of events; see
    Note [No wake-up is lost]."""
    queue.wake(task=TASK, queue=EVENTS, lock=LOCK)


def wake_for(*, work: str, values: Mapping[str, Any]) -> None:
    """The same, and in one statement with it an INSERT of what the job is for."""
    queue.wake(task=TASK, queue=EVENTS, lock=LOCK, work=work, values=values)


def wake_later(*, at: datetime) -> None:
    """A job for the inbox waits for this moment, or for an earlier one."""
    queue.wake_later(task=TASK, queue=EVENTS, at=at)


def wait_for_writers() -> None:
    """Return once every event whose sender found a job waiting can be seen."""
    queue.wait_for_writers(lock=LOCK)
