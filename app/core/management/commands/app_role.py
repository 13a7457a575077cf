"""Make the database role that production runs under."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import database_role
from core.refusal import Refused


class Command(BaseCommand):
    help = (
        "Make a database role that owns nothing and cannot disable triggers, for production to "
        "run under. Run it as the owner of the tables, again after each migration."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", help="its name, such as purelaka_web")

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        try:
            database_role.make(role=role)
        except Refused as no:
            raise CommandError(f"app_role: {no}") from no
        grow = len(database_role.append_only())
        self.stdout.write(f"role  {role} reads and writes rows and owns nothing")
        self.stdout.write(f"  {grow} tables it can only add to")
        self.stdout.write(
            f"  next: give it a password in psql (\\password {role}), name it in DATABASE_URL"
        )
