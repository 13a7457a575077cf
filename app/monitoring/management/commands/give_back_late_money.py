"""`manage.py give_back_late_money`: refund what came for canceled orders, and second payments."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.actor import system
from core.moments import parse_moment
from core.refusal import Refused
from monitoring.late_money import give_back


class Command(BaseCommand):
    """Each payment is given back once; a second run changes nothing."""

    help = "Refund money that came for canceled orders, and second payments, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", help="only payments that succeeded at or after this date or time"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            since = options["since"] and parse_moment(options["since"], option="--since")
        except Refused as no:
            raise CommandError(str(no)) from no
        by = system("command:give_back_late_money")
        outcome = give_back(by=by, clock=timezone.now, since=since or None)
        self.stdout.write(f"late money  {outcome.asked} refunds asked for, {outcome.left} left")
