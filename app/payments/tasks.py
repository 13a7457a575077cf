"""Orders that nobody paid are canceled by themselves."""

from __future__ import annotations

from datetime import datetime

from core.actor import system
from core.clock import running_from
from core.schedule import scheduled
from payments import abandoned


@scheduled(
    name="cancel_abandoned",
    cron="50 2 * * *",
    does=f"Cancels orders that nobody paid within {abandoned.UNPAID_DAYS} days",
    command="cancel_abandoned",
)
def cancel_abandoned(now: datetime) -> str:
    """Every order that was given up on is canceled; what could not be is tried the next night."""
    outcome = abandoned.cancel_abandoned(by=system("worker"), clock=running_from(now))
    return f"orders  {outcome.canceled} canceled, {outcome.left} could not be"
