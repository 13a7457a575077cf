"""`manage.py in_demo COMMAND …`: a command of this shop, run inside the demo that runs."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.refusal import Refused
from demo import production
from demo.running import environment_of


class Command(BaseCommand):
    """Run another command with the running demo's database and local Stripe."""

    help = (
        "Run a command inside the running demo: in_demo run_checks --fail-on-issues. With --export "
        "print its variables for a shell."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, help="the demo's port, when several run")
        parser.add_argument(
            "--export",
            action="store_true",
            help='for a shell: eval "$(manage.py in_demo --export)"',
        )
        parser.add_argument("command", nargs=argparse.REMAINDER, help="the command and its options")

    def handle(self, *args: Any, **options: Any) -> None:
        production.refuse("in_demo")
        # As `throwaway` does, and as env and nice do: what follows the two dashes is the command.
        command = options["command"]
        command = command[1:] if command[:1] == ["--"] else command
        if bool(command) == options["export"]:
            raise CommandError(
                "in_demo: expected one of a command, such as run_checks, and --export."
            )
        try:
            told = environment_of(port=options["port"])
        except Refused as no:
            raise CommandError(str(no)) from no
        if options["export"]:
            for name, value in told.items():
                self.stdout.write(f"export {name}={shlex.quote(value)}")
            return
        environment = {**os.environ, **told}
        manage = str(settings.APP_DIR / "manage.py")
        os.execve(  # noqa: S606 (no shell; this process becomes the command)
            sys.executable, [sys.executable, manage, *command], environment
        )
