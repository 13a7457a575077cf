"""Moments that people type on a command line."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils.dateparse import parse_date, parse_datetime

from core.refusal import Refused


class NotAMoment(Refused):
    """The text names no date and no time."""


def parse_moment(text: str, *, option: str) -> datetime:
    """The moment that the text names, aware; a date is its first moment, UTC unless it says
    otherwise. `option` is named in the sentence. Raises NotAMoment."""
    try:
        found = parse_datetime(text)
        day = parse_date(text) if found is None else None
    except ValueError:
        found = day = None
    if day is not None:
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    if found is None:
        raise NotAMoment(f"{option}: found {text!r}, expected 2026-03-01 or 2026-03-01T12:00.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
