"""Let somebody sign in again who tried a wrong password too often."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts import lockout
from accounts.people import named
from core.actor import system


class Command(BaseCommand):
    help = "Forget a person's failed sign-ins, so that they are not locked any more. Audited."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        user = named(username)
        count = lockout.unlock(user=user, by=system("command:unlock"), now=timezone.now())
        self.stdout.write(f"unlock  user {user.pk}, {count} failed tries forgotten")
