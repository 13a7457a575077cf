"""Billing periods by the calendar, counted from an anchor. Times are seconds since 1970, in UTC."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime

from stripe_twin.store import Json

_SECONDS = {"day": 86_400, "week": 7 * 86_400}
_MONTHS = {"month": 1, "year": 12}
_NEARLY = 500  # Periods to look at, which is enough for centuries.


def period_at(recurring: Json, *, anchor: int, moment: int) -> tuple[int, int]:
    """Start and end of the period that holds `moment`. The first may begin before the anchor.

    A period that starts on the 31st ends on the last day of a shorter month and goes on from the
    31st again after it, because each end is counted from the anchor.
    """
    least = _least_periods(recurring, anchor, moment)
    ends = (
        (_after(recurring, anchor, number), _after(recurring, anchor, number + 1))
        for number in range(least, least + _NEARLY)
    )
    return next((start, end) for start, end in ends if moment < end)


def months_after(moment: int, months: int) -> int:
    """The same time of day so many months later; the month's last day where it is too short."""
    at = datetime.fromtimestamp(moment, UTC)
    years, month = divmod(at.month - 1 + months, 12)
    year, month = at.year + years, month + 1
    day = min(at.day, calendar.monthrange(year, month)[1])
    return int(at.replace(year=year, month=month, day=day).timestamp())


def _after(recurring: Json, anchor: int, number: int) -> int:
    """The anchor and `number` periods more."""
    interval, count = recurring["interval"], recurring["interval_count"] * number
    if interval in _SECONDS:
        return int(anchor + _SECONDS[interval] * count)
    return months_after(anchor, _MONTHS[interval] * count)


def _least_periods(recurring: Json, anchor: int, moment: int) -> int:
    """No more than lie between, and hardly fewer: months count as long as they can be, or as short
    when the moment comes before the anchor."""
    month_s = (31 if anchor <= moment else 28) * 86_400
    one_s = _SECONDS.get(recurring["interval"]) or _MONTHS[recurring["interval"]] * month_s
    return int((moment - anchor) // (one_s * recurring["interval_count"]))
