"""Take daily snapshots: yesterday's, one day's, or a range again; a line a month, summary last."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from analyticsapp import snapshots
from analyticsapp.days import NoSuchDays, parse, yesterday
from core.refusal import Refused


class Command(BaseCommand):
    help = "Compute the figures of days that are over and keep them. Safe to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--date", metavar="D", help="this day, like 2026-03-31")
        parser.add_argument("--from", dest="first", metavar="D", help="the first day of a range")
        parser.add_argument("--to", dest="last", metavar="D", help="its last; by default yesterday")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            first, last = _asked(options["date"], options["first"], options["last"])
            newest = yesterday(now=now)
            written = snapshots.rebuild(
                first=first or newest, last=last or newest, now=now, progress=self._progress
            )
        except Refused as no:
            raise CommandError(f"take_snapshots: {no}") from no
        self.stdout.write(f"Snapshots: {written.days.count} days, {written.rows} rows changed.")

    def _progress(self, written: snapshots.Written) -> None:
        days = written.days
        self.stdout.write(f"  {days.first} to {days.last}: {written.rows} rows changed")


def _asked(day: str | None, first: str | None, last: str | None) -> tuple[Any, Any]:
    """The first and the last day that were named; None stands for yesterday."""
    if day is not None and (first is not None or last is not None):
        raise NoSuchDays("Days: found --date and a range, expected one of them; leave one out.")
    if last is not None and first is None:
        raise NoSuchDays("Days: found --to without --from; say where the range begins.")
    if day is not None:
        first = last = day
    return (parse(first) if first is not None else None, parse(last) if last is not None else None)
