"""`manage.py throwaway -- migrate :: run_checks`: commands on a database of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.databases import NoServer, sweep, temporary_database

SEPARATOR = "::"
PREFIX = "throwaway"


class Command(BaseCommand):
    """Create an empty database beside the configured one, run each command against it, drop it
    in any case, and exit with the first code that is not 0; later commands are not run."""

    help = "Run manage.py commands, separated by ::, on a new database that is dropped afterwards."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("commands", nargs="+", metavar="COMMAND")

    def handle(self, *args: Any, commands: list[str], **options: Any) -> None:
        wanted = list(_split(commands))
        if not all(wanted):
            raise CommandError(
                f"throwaway: an empty command beside {SEPARATOR}; write it like "
                f"`throwaway -- migrate {SEPARATOR} run_checks`."
            )
        server = os.environ.get("DATABASE_URL", "")
        if not server:
            raise CommandError("throwaway: DATABASE_URL is not set; name a PostgreSQL server.")
        # Told to stop, it still drops the database; only a kill leaves one, for the next sweep.
        signal.signal(signal.SIGTERM, _leave)
        try:
            sweep(server, prefix=PREFIX)
            with temporary_database(server, prefix=PREFIX) as url:
                codes = (self._run(command, url) for command in wanted)
                code = next((code for code in codes if code != 0), 0)
        except NoServer as no:
            raise CommandError(f"throwaway: {no}") from no
        if code:
            sys.exit(code)

    def _run(self, command: list[str], url: str) -> int:
        self.stdout.write(f"$ manage.py {' '.join(command)}")
        self.stdout.flush()
        return subprocess.run(
            [sys.executable, "-u", str(settings.APP_DIR / "manage.py"), *command],
            env={**os.environ, "DATABASE_URL": url},
            stdin=subprocess.DEVNULL,
            check=False,
        ).returncode


def _split(words: list[str]) -> Iterator[list[str]]:
    command: list[str] = []
    for word in words:
        if word == SEPARATOR:
            yield command
            command = []
        else:
            command.append(word)
    yield command


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
