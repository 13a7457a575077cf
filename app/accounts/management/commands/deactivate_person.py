"""Let somebody who left sign in no more; the same as the page under *People*."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import deactivation
from accounts.people import named
from core.actor import system
from core.refusal import Refused


class Command(BaseCommand):
    help = (
        "Let a person sign in no more, and end their sessions; with --back let them in again. "
        "Audited with the reason."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--back", action="store_true", help="let them sign in again")
        parser.add_argument("--why", required=True, help="the reason, without names or addresses")

    def handle(self, *args: Any, username: str, back: bool, why: str, **options: Any) -> None:
        user = named(username)
        by = system("command:deactivate_person")
        change = deactivation.reactivate if back else deactivation.deactivate
        try:
            change(user=user, why=why, by=by, now=timezone.now())
        except Refused as no:
            raise CommandError(f"deactivate_person: {no}") from no
        state = "can sign in again" if back else "cannot sign in any more"
        self.stdout.write(f"person  user {user.pk} {state}")
