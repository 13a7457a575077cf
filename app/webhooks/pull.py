"""Ask Stripe for events that did not arrive, and put them into the same inbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from audit import services as audit
from audit.actions import Action, Result
from core.actor import Actor
from core.refusal import Refused
from payments import gateway
from webhooks import facts, inbox

# docs.stripe.com/api/events: events are given out for 30 days.
KEPT = timedelta(days=30)
# Stripe itself goes on trying to deliver an event for three days.
LOOKS_BACK = timedelta(days=3)
BATCH = 100


class OtherMode(Refused):
    """The API key lists events of the mode that this shop does not run in."""


@dataclass(frozen=True)
class Pulled:
    """What Stripe listed from `since` on, how many of it this shop acts on, and how many of those
    were new here. `is_cut`: more was asked for than Stripe still has."""

    since: datetime
    listed: int
    wanted: int
    new: int
    is_cut: bool

    @property
    def line(self) -> str:
        """What came of it."""
        return (
            f"events  {self.listed} listed since {self.since:%Y-%m-%d %H:%M} UTC, {self.wanted} of "
            f"types this shop acts on, {self.new} new in the inbox"
        )


def pull(*, since: datetime, by: Actor, now: datetime) -> Pulled:
    """Events made at or after `since` stand in the inbox, each once; the worker does the rest.

    Any number of times. Audited when it found something. Raises OtherMode, gateway.Rejected or
    gateway.Unknown; what was stored until then stays, and pulling again goes on.
    """
    oldest = now - KEPT
    is_cut, since = since < oldest, max(since, oldest)
    listed = wanted = new = 0
    for batch in _batches(gateway.list_events(since=since)):
        handled = [event for event in batch if facts.handles(event.type)]
        _check_mode(handled)
        listed += len(batch)
        wanted += len(handled)
        new += inbox.add(events=handled, now=now)
    if new:
        audit.record(
            actor=by,
            action=Action.EVENTS_REPLAYED,
            subject="events",
            result=Result.DONE,
            reason=f"pulled from Stripe, made since {since:%Y-%m-%d %H:%M} UTC",
            details={"count": new},
            now=now,
        )
    return Pulled(since, listed, wanted, new, is_cut)


def _batches(events: Iterator[gateway.Event]) -> Iterator[list[gateway.Event]]:
    batch: list[gateway.Event] = []
    for event in events:
        batch.append(event)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def _check_mode(events: list[gateway.Event]) -> None:
    if any(event.livemode != settings.STRIPE_LIVEMODE for event in events):
        expected = "live" if settings.STRIPE_LIVEMODE else "test"
        raise OtherMode(
            f"Events: Stripe's key is for another mode, expected {expected}; see STRIPE_API_KEY."
        )
