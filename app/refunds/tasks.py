"""Refunds whose outcome is unknown are asked after until it is known."""

from __future__ import annotations

from datetime import datetime

from core.clock import running_from
from core.schedule import scheduled
from refunds import services


@scheduled(
    name="follow_up_refunds",
    cron="* * * * *",
    does="Asks Stripe after refunds that it did not answer",
    command="follow_up_refunds",
)
def follow_up_refunds(now: datetime) -> str:
    """Every refund that has waited long enough for its answer was asked after."""
    return f"refunds  {services.follow_up_due(clock=running_from(now))} followed up"
