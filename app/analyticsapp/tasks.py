"""Each night the day that ended gets its snapshot, by itself."""

from __future__ import annotations

from datetime import datetime

from analyticsapp import snapshots
from analyticsapp.days import yesterday
from core.schedule import scheduled


@scheduled(
    name="take_snapshots",
    cron="10 0 * * *",
    does="Keeps the figures of the day that ended",
    command="take_snapshots",
)
def take_snapshots(now: datetime) -> str:
    """Yesterday's figures are kept; again, nothing changes."""
    written = snapshots.take(day=yesterday(now=now), now=now)
    return f"snapshots  {written.days.first}: {written.rows} rows changed"
