"""Put events back into the queue; working on one twice changes nothing."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from audit import services as audit
from audit.actions import Action, Result
from core.actor import Actor
from core.refusal import Refused
from webhooks import queue
from webhooks.models import EventStatus, StripeEvent


class NothingToReplay(Refused):
    """No event fits what was asked for."""


def replay(*, events: QuerySet[StripeEvent], what: str, by: Actor, now: datetime) -> int:
    """Make these events due now, with their attempts forgotten; how many. Audited.

    `what` says which were asked for. Raises NothingToReplay.
    """
    with transaction.atomic():
        count = events.update(
            status=EventStatus.RECEIVED, attempts=0, next_attempt_at=now, last_error=""
        )
        if count == 0:
            raise NothingToReplay(f"Replay: no event with {what}, expected at least one.")
        audit.record(
            actor=by,
            action=Action.EVENTS_REPLAYED,
            subject="events",
            result=Result.DONE,
            reason=what,
            details={"count": count},
            now=now,
        )
        queue.wake()
    return count
