"""Is the record what was written? The answer, the number of entries and the head hash."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.services import head_hash, made_since, verify_chain
from core.moments import parse_moment
from core.refusal import Refused


class Command(BaseCommand):
    help = "Verify the audit chain; exits 1 at the first broken entry. Keep the head hash outside."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", help="only entries made at or after this date or time; the rest is believed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            since = options["since"] and parse_moment(options["since"], option="--since")
        except Refused as no:
            raise CommandError(str(no)) from no
        broken = verify_chain(since=since or None)
        if broken is not None:
            raise CommandError(
                f"Audit chain: entry {broken.pk} is not what was written, or an entry before it "
                "is gone; compare with the last backup and the head hashes kept outside."
            )
        count = made_since(since or None).count()
        self.stdout.write(f"audit chain  {count} entries, whole")
        self.stdout.write(f"head  {head_hash()}")
