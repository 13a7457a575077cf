"""Billing periods by the calendar, counted from an anchor. Times are seconds since 1970, in UTC."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime

from stripe_twin.store import Json

_SECONDS = {"day": 86_400, "week": 7 * 86_400}
_MONTHS = {"month": 1, "year": 12}


def period_at(recurring: Json, *, anchor: int, moment: int) -> tuple[int, int]:
    """Start and end of the period that holds `moment`. The first may begin before the anchor.

    A period that starts on the 31st ends on the last day of a shorter month and goes on from the
    31st again after it, because each end is counted from the anchor.
    """
    number = _whole_periods(recurring, anchor, moment)
    return _after(recurring, anchor, number), _after(recurring, anchor, number + 1)


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


def _whole_periods(recurring: Json, anchor: int, moment: int) -> int:
    """How many have ended by then; below zero before the anchor."""
    interval, count = recurring["interval"], recurring["interval_count"]
    if interval in _SECONDS:
        return int((moment - anchor) // (_SECONDS[interval] * count))
    number = int(_months_between(anchor, moment) // (_MONTHS[interval] * count))
    # By the names of the months it has ended; the day may still be to come.
    return number - 1 if moment < _after(recurring, anchor, number) else number


def _months_between(moment: int, later: int) -> int:
    """From the one's month to the other's, whatever the day."""
    one, other = (datetime.fromtimestamp(each, UTC) for each in (moment, later))
    return (other.year - one.year) * 12 + other.month - one.month
