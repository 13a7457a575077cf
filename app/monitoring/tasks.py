"""The checks run by themselves, so that a mismatch is an issue within the hour."""

from __future__ import annotations

from datetime import datetime

from core.actor import system
from core.clock import running_from
from core.schedule import scheduled
from monitoring import late_money, services


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


@scheduled(
    name="give_back_late_money",
    cron="* * * * *",
    does="Refunds money that came for canceled orders, and second payments",
    command="give_back_late_money",
)
def give_back_late_money(now: datetime) -> str:
    """No money is kept that was never the shop's, save what a person must look at."""
    outcome = late_money.give_back(by=system("worker"), clock=running_from(now))
    return f"late money  {outcome.asked} refunds asked for, {outcome.left} left"
