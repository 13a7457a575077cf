"""Each night what was kept long enough goes, by itself."""

from __future__ import annotations

from datetime import datetime

from core.actor import system
from core.schedule import scheduled
from privacy import retention


@scheduled(
    name="apply_retention",
    cron="40 2 * * *",
    does="Takes away what was kept long enough",
    command="apply_retention",
)
def apply_retention(now: datetime) -> str:
    """What is older than its period is gone; again, nothing is left to take away."""
    taken = retention.apply(now=now, by=system("worker"))
    return "retention  " + ", ".join(f"{one.rows} {one.rule.name}" for one in taken)
