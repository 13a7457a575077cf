"""Erase a person: name and addresses go, orders and money stay."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.people import named
from core.actor import system
from core.refusal import Refused
from privacy import erasure


class Command(BaseCommand):
    help = "Erase a person for good. Audited with the reason; refused while money is open."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--why", required=True, help="the reason, without names or addresses")

    def handle(self, *args: Any, username: str, why: str, **options: Any) -> None:
        by = system("command:erase_person")
        try:
            erased = erasure.erase(user=named(username), why=why, by=by, now=timezone.now())
        except Refused as no:
            raise CommandError(f"erase_person: {no}") from no
        self.stdout.write(f"erased  user {erased.user_id}")
        for customer in erased.at_stripe:
            self.stdout.write(f"  now delete customer {customer} at Stripe: see the runbook")
