"""Take away what was kept long enough; a line a rule."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.actor import system
from core.refusal import Refused
from privacy import retention


class Command(BaseCommand):
    help = "Take away what was kept long enough. Audited; safe to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--date", metavar="D", help="as of this day's end, like 2026-03-31")
        parser.add_argument("--dry-run", action="store_true", help="only say how much it would be")

    def handle(self, *args: Any, date: str | None, dry_run: bool, **options: Any) -> None:
        now = timezone.now()
        try:
            moment = now if date is None else retention.as_of(date, now=now)
        except Refused as no:
            raise CommandError(f"apply_retention: {no}") from no
        if dry_run:
            found, did = retention.overdue(now=moment), "would go"
        else:
            by = system("command:apply_retention")
            found, did = retention.apply(now=moment, by=by), "gone"
        for one in found:
            kept = one.rule.kept.days
            self.stdout.write(f"  {one.rule.name:<18} kept {kept} days, {one.rows} {did}")
        self.stdout.write(f"retention  {sum(one.rows for one in found)} {did}")
