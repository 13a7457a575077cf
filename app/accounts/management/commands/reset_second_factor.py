"""Let somebody who lost phone and recovery codes set up a new second factor."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import second_factor
from accounts.people import named
from core.actor import system
from core.refusal import Refused


class Command(BaseCommand):
    help = "Forget a person's second factor and recovery codes. Audited with the reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--why", required=True, help="the reason, without names or addresses")

    def handle(self, *args: Any, username: str, why: str, **options: Any) -> None:
        user = named(username)
        try:
            had = second_factor.reset(
                user=user, why=why, by=system("command:reset_second_factor"), now=timezone.now()
            )
        except Refused as no:
            raise CommandError(f"reset_second_factor: {no}") from no
        found = "forgotten" if had else "there was none"
        self.stdout.write(f"second factor  user {user.pk}, {found}")
