"""`manage.py record_restore_drill`: write down how a restore drill went."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.actor import system
from core.moments import parse_moment
from core.refusal import Refused
from monitoring import drills
from monitoring.models import DrillOutcome


class Command(BaseCommand):
    """For whoever restored a backup, or the script that did; the same drill twice is one row."""

    help = "Record a restore drill, so that the check on overdue drills knows of it. Audited."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--backup", required=True, help="when the backup was taken")
        parser.add_argument("--performed", help="when it was restored; now, if not given")
        parser.add_argument("--note", required=True, help="what was compared, or what went wrong")
        parser.add_argument(
            "--outcome", required=True, choices=[outcome.value for outcome in DrillOutcome]
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        performed = options["performed"]
        try:
            drill = drills.record(
                backup_taken_at=parse_moment(options["backup"], option="--backup"),
                performed_at=parse_moment(performed, option="--performed") if performed else now,
                outcome=DrillOutcome(options["outcome"]),
                note=options["note"],
                by=system("command:record_restore_drill"),
                now=now,
            )
        except Refused as no:
            raise CommandError(str(no)) from no
        self.stdout.write(f"restore drill  {drill.performed_at:%Y-%m-%d %H:%M} {drill.outcome}")
