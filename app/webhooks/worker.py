"""Works on the inbox, one event at a time; any number of workers may run."""

from __future__ import annotations

import logging
import random
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Min

from core.clock import Clock
from core.refusal import Refused
from payments import gateway
from subscriptions.services import database_time
from webhooks import backoff, facts, said
from webhooks.models import WAITING, EventStatus, StripeEvent

log = logging.getLogger(__name__)
# Longer than fetching takes: four calls of at most 20 s, save for a subscription of which several
# items have coupons of their own. A worker that dies in between leaves its event to the others
# after this; one that is merely slow and another do no harm to each other.
CLAIM = timedelta(seconds=90)
_RNG = random.SystemRandom()


def process_one(
    *, now: datetime, rng: random.Random | None = None, since: datetime | None = None
) -> bool:
    """Work on the event that is due longest, of those received at or after `since`. False when
    none is due.

    Whatever goes wrong is written to the event and tried again later, or the event is dead;
    nothing rises, so one bad event does not stop the others.
    """
    event = _claim(now, since)
    if event is None:
        return False
    try:
        _process(event, now=now)
    except (gateway.GatewayError, Refused, DatabaseError) as error:
        _failed(event, error, now=now, rng=rng or _RNG)
    except Exception as error:
        log.exception("event %s: a bug, not a refusal", event.stripe_id)
        _failed(event, error, now=now, rng=rng or _RNG)
    return True


def process_all(
    *,
    clock: Clock,
    limit: int | None = None,
    rng: random.Random | None = None,
    since: datetime | None = None,
) -> int:
    """Work until nothing is due, or on `limit` events; how many were worked on. Each event has its
    own time: what it tells counts on the day on which it was told, however long the others took.
    """
    done = 0
    while limit is None or done < limit:
        if not process_one(now=clock(), rng=rng, since=since):
            break
        done += 1
    return done


def next_attempt_at() -> datetime | None:
    """When the next waiting event is due; None when none waits."""
    waiting = StripeEvent.objects.filter(status__in=WAITING)
    found: datetime | None = waiting.aggregate(next=Min("next_attempt_at"))["next"]
    return found


def _claim(now: datetime, since: datetime | None) -> StripeEvent | None:
    """The next event that is due, put off for others while this worker fetches its object."""
    with transaction.atomic():
        due = StripeEvent.objects.filter(status__in=WAITING, next_attempt_at__lte=now)
        if since:
            due = due.filter(received_at__gte=since)
        event = due.select_for_update(skip_locked=True).order_by("next_attempt_at", "id").first()
        if event is not None:
            event.next_attempt_at = now + CLAIM
            event.save(update_fields=["next_attempt_at"])
        return event


def _process(event: StripeEvent, *, now: datetime) -> None:
    if not facts.handles(event.type):
        _finish(event, EventStatus.IGNORED, now=now, why="not a type this shop acts on")
        return
    at = database_time()
    fetched = facts.fetch(event)
    with transaction.atomic():
        # The claim may have run out meanwhile and another worker be here as well: whoever holds
        # the row writes, the other then finds it done. Waited for, not skipped: another
        # worker's claim can hold the row for an instant while it looks for one that is due.
        still_waiting = StripeEvent.objects.select_for_update().filter(status__in=WAITING)
        mine = still_waiting.filter(pk=event.pk).first()
        if mine is None:
            return
        facts.apply(fetched, now=now)
        said.keep_news(fetched, at=at)
        _finish(mine, EventStatus.PROCESSED, now=now)


def _finish(event: StripeEvent, status: EventStatus, *, now: datetime, why: str = "") -> None:
    StripeEvent.objects.filter(pk=event.pk).update(
        status=status, attempts=event.attempts + 1, processed_at=now, last_error=why
    )


def _failed(event: StripeEvent, error: Exception, *, now: datetime, rng: random.Random) -> None:
    attempts = event.attempts + 1
    is_last = attempts >= backoff.MOST_ATTEMPTS
    # Only while it still waits: another worker may have finished it.
    StripeEvent.objects.filter(pk=event.pk, status__in=WAITING).update(
        status=EventStatus.DEAD if is_last else EventStatus.FAILED,
        attempts=attempts,
        next_attempt_at=now + backoff.wait(attempts=attempts, rng=rng),
        last_error=f"{type(error).__name__}: {error}"[:300],
    )
