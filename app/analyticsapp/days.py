"""Which days can be looked at: days that are over, in order, and not endlessly many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from core.refusal import Refused

MOST_DAYS = 3660


class NoSuchDays(Refused):
    """A day that is not over, a range that is reversed or too long, or no date at all."""


@dataclass(frozen=True)
class Days:
    """From `first` to `last`, both among them."""

    first: date
    last: date

    @property
    def count(self) -> int:
        return (self.last - self.first).days + 1

    def every(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(self.count)]

    def portions(self, size: int) -> list[Days]:
        """The same days in order, at most `size` at a time."""
        starts = range(0, self.count, size)
        return [
            Days(
                self.first + timedelta(days=start),
                min(self.last, self.first + timedelta(days=start + size - 1)),
            )
            for start in starts
        ]

    @property
    def bounds(self) -> dict[str, datetime]:
        """`start`, the first moment of the days, and `end`, the first moment after them."""
        return {"start": midnight(self.first), "end": midnight(self.last + timedelta(days=1))}


def days(*, first: date, last: date, now: datetime) -> Days:
    """The days from first to last. Raises NoSuchDays with a sentence."""
    if last < first:
        raise NoSuchDays(f"Days: found {first} to {last}, which is reversed; swap the two.")
    newest = yesterday(now=now)
    if last > newest:
        raise NoSuchDays(f"Day: {last} is not over yet; the latest that can be asked is {newest}.")
    found = Days(first, last)
    if found.count > MOST_DAYS:
        raise NoSuchDays(
            f"Days: found {found.count:,} of them, expected at most {MOST_DAYS:,}; ask for fewer."
        )
    return found


def yesterday(*, now: datetime) -> date:
    """The last UTC day that is over."""
    return now.astimezone(UTC).date() - timedelta(days=1)


def parse(text: str) -> date:
    """A day as people type it. Raises NoSuchDays."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NoSuchDays(f"Day: found {text!r}, expected a day like 2026-03-31.") from error


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
