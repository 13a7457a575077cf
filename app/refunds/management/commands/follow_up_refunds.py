"""`manage.py follow_up_refunds`: ask Stripe after refunds that it did not answer."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.moments import parse_moment
from core.refusal import Refused
from refunds import services


class Command(BaseCommand):
    """Learn what became of refunds whose outcome is unknown; nothing is ever sent twice."""

    help = "Ask Stripe after refunds whose outcome is unknown, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", help="only refunds requested at or after this date or time")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            since = options["since"] and parse_moment(options["since"], option="--since")
        except Refused as no:
            raise CommandError(str(no)) from no
        done = services.follow_up_due(clock=timezone.now, since=since)
        self.stdout.write(f"refunds  {done} followed up")
