"""`manage.py backup FILE`: the whole database in one file, and what it held beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backups.contents import totals
from backups.dump import back_up
from core.refusal import Refused


class Command(BaseCommand):
    help = "Back the database up into FILE while the shop goes on. Never overwrites."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="where the dump goes; FILE.json beside it")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            made = back_up(file, now=timezone.now())
        except Refused as no:
            raise CommandError(f"backup: {no}") from no
        self.stdout.write(f"backup    {made.file.name}, {made.file.stat().st_size:,} bytes")
        self.stdout.write(f"holds     {totals(made.held)}")
