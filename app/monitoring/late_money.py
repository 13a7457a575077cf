"""Late money on its way: an issue opens, the policy refunds it, the issue resolves."""

from __future__ import annotations

from datetime import datetime

from core.actor import Actor
from core.clock import Clock
from monitoring.lock import AlreadyRunning
from monitoring.services import run_checks
from refunds import late_money
from refunds.late_money import Outcome

# The checks that see money which should not be kept.
SEEN_BY = ("money-on-canceled-order", "two-payments-kept")


def give_back(*, by: Actor, clock: Clock, since: datetime | None = None) -> Outcome:
    """Give back what is due, of what came at or after `since`. No money moves before its issue is
    on record: while a run of the checks is under way all of it waits for the next time. Looks and
    payments have their own times."""
    due = late_money.due(since=since)
    if not due:
        return Outcome(0, 0)
    if not _look(clock()):
        return Outcome(0, len(due))
    outcome = late_money.give_back(payments=due, by=by, clock=clock)
    _look(clock())
    return outcome


def _look(now: datetime) -> bool:
    """Whether the checks could run. What they then leave open they resolve within the hour."""
    try:
        run_checks(now=now, only=SEEN_BY)
    except AlreadyRunning:
        return False
    return True
