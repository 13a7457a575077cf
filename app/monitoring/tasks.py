"""The checks run by themselves, so that a mismatch is an issue within the hour."""

from __future__ import annotations

from datetime import datetime

from core.schedule import scheduled
from monitoring import services


@scheduled(
    name="run_checks",
    cron="40 * * * *",
    does="Runs every check; opens and resolves issues",
    command="run_checks",
)
def run_checks(now: datetime) -> str:
    """Every check ran. One that crashed is an issue of its own."""
    runs = services.run_checks(now=now)
    errors = sum(bool(run.error) for run in runs)
    waiting = services.unsettled(now=now).count()
    return f"checks  {len(runs)} run, {errors} failed to run; issues  {waiting} to look at"
