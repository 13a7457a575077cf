"""`manage.py restore_drill FILE`: does this backup come back?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backups.drill import examine
from backups.dump import read_backup
from backups.restore import restore
from core.actor import system
from core.refusal import Refused
from local_postgres.binaries import CannotStart
from local_postgres.fresh import fresh_server
from monitoring import drills
from monitoring.models import DrillOutcome


class Command(BaseCommand):
    help = (
        "Restore a backup into a fresh server of this machine, compare it with what was backed up, "
        "ask the shop there, and record how it went. The shop itself gets that record, no more."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the dump that `backup` wrote")
        parser.add_argument(
            "--no-record", action="store_true", help="do not record the drill in this database"
        )

    def handle(self, *args: Any, file: Path, no_record: bool, **options: Any) -> None:
        performed_at = timezone.now()
        try:
            backup = read_backup(file)
            with fresh_server() as url:
                self.stdout.write("server    a fresh one, with a cluster of its own")
                restore(backup, url)
                self.stdout.write(f"restored  {file.name}")
                drill = examine(backup, url, say=self.stdout.write)
            if not no_record:
                drills.record(
                    backup_taken_at=backup.taken_at,
                    performed_at=performed_at,
                    outcome=DrillOutcome.FAILED if drill.wrong else DrillOutcome.SUCCEEDED,
                    note=drill.note[: drills.LONGEST_NOTE],
                    by=system("command:restore_drill"),
                    now=timezone.now(),
                )
        except (Refused, CannotStart) as no:
            raise CommandError(f"restore drill: {no}") from no
        for sentence in drill.wrong:
            self.stdout.write(f"wrong     {sentence}")
        if drill.wrong:
            raise CommandError(f"restore drill: {len(drill.wrong)} wrong; do not rely on it.")
        self.stdout.write("drill     succeeded" + ("" if no_record else ", on record"))
