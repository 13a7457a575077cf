"""All that the shop holds about one person, as JSON."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts.people import named
from core.actor import system
from privacy import copy


class Command(BaseCommand):
    help = "Print all that the shop holds about a person, as JSON. Audited."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        by = system("command:person_data")
        found = copy.view(user=named(username), by=by, now=timezone.now())
        self.stdout.write(copy.as_json(found))
