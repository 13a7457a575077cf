"""Give somebody a role; the same as the page under *People*."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import services
from accounts.people import named
from accounts.roles import Role
from core.actor import system
from core.refusal import Refused


class Command(BaseCommand):
    help = "Give a person a role instead of the one they have. Audited with the reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("role", choices=[role.value for role in Role])
        parser.add_argument("--why", required=True, help="the reason, without names or addresses")

    def handle(self, *args: Any, username: str, role: str, why: str, **options: Any) -> None:
        user = named(username)
        by = system("command:give_role")
        try:
            services.change_role(user=user, role=Role(role), by=by, why=why, now=timezone.now())
        except Refused as no:
            raise CommandError(f"give_role: {no}") from no
        self.stdout.write(f"role  user {user.pk} is {role} now")
