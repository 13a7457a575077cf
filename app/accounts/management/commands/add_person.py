"""Make somebody known who can sign in: the first administrator, and whoever else works here."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import services
from accounts.roles import Role
from core.actor import system
from core.refusal import Refused


class Command(BaseCommand):
    help = (
        "Add a person with a role. Asks for a password, or reads it from standard input. Audited."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", required=True, choices=[role.value for role in Role])

    def handle(self, *args: Any, username: str, role: str, **options: Any) -> None:
        try:
            user = services.add_person(
                username=username,
                password=_password(),
                role=Role(role),
                by=system("command:add_person"),
                now=timezone.now(),
            )
        except Refused as no:
            raise CommandError(f"add_person: {no}") from no
        self.stdout.write(f"person  user {user.pk} is {role} and can sign in")


def _password() -> str:
    """What was typed twice at a terminal, else the first line that comes in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    typed = getpass("Password: ")
    if typed != getpass("Password again: "):
        raise CommandError("add_person: the passwords differ; type the same one twice.")
    return typed
