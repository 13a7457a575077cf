"""`manage.py restore FILE`: a backup comes back into an empty database, and is compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backups.contents import totals
from backups.dump import read_backup
from backups.restore import restore_here
from core.refusal import Refused


class Command(BaseCommand):
    help = (
        "Restore a backup into the empty database in use, whole or not at all, and compare what "
        "came back with what was backed up. Run it as the owner-to-be of the tables."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the dump that `backup` wrote")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            backup = read_backup(file)
            wrong = restore_here(backup)
        except Refused as no:
            raise CommandError(f"restore: {no}") from no
        self.stdout.write(f"restored  {file.name}, of {backup.taken_at:%Y-%m-%d %H:%M} UTC")
        for sentence in wrong:
            self.stdout.write(f"wrong     {sentence}")
        if wrong:
            raise CommandError(f"restore: {len(wrong)} differences; do not open the shop on it.")
        self.stdout.write(f"compared  {totals(backup.held)}: the same")
