"""`manage.py cancel_abandoned`: cancel orders that nobody paid."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.actor import system
from core.moments import parse_moment
from core.refusal import Refused
from payments import abandoned


class Command(BaseCommand):
    """Each order's payment page is closed at Stripe first; a second run changes nothing."""

    help = f"Cancel orders that nobody paid within {abandoned.UNPAID_DAYS} days, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", help="only orders placed at or after this date or time")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            since = options["since"] and parse_moment(options["since"], option="--since")
        except Refused as no:
            raise CommandError(str(no)) from no
        by = system("command:cancel_abandoned")
        outcome = abandoned.cancel_abandoned(by=by, clock=timezone.now, since=since)
        self.stdout.write(f"orders  {outcome.canceled} canceled, {outcome.left} could not be")
