"""`manage.py process_events`: work on the inbox once; `manage.py work` does it for ever."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.moments import parse_moment
from core.refusal import Refused
from webhooks import worker


class Command(BaseCommand):
    """Work on Stripe's events that are due, then stop. Plain cron may call it at any time."""

    help = "Work on the events in the inbox that are due, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, help="stop after so many events")
        parser.add_argument("--since", help="only events received at or after this date or time")

    def handle(self, *args: Any, **options: Any) -> None:
        limit = options["limit"]
        if limit is not None and limit < 1:
            raise CommandError(f"--limit: found {limit}, expected a whole number from 1 on.")
        try:
            since = options["since"] and parse_moment(options["since"], option="--since")
        except Refused as no:
            raise CommandError(str(no)) from no
        done = worker.process_all(clock=timezone.now, limit=limit, since=since)
        self.stdout.write(f"events  {done} worked on")
