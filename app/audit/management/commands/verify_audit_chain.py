"""Is the record what was written? The answer, the number of entries and the head hash."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.models import Entry
from audit.services import head_hash, verify_chain


class Command(BaseCommand):
    help = "Verify the audit chain; exits 1 at the first broken entry. Keep the head hash outside."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = verify_chain()
        if broken is not None:
            raise CommandError(
                f"Audit chain: entry {broken.pk} is not what was written, or an entry before it "
                "is gone; compare with the last backup and the head hashes kept outside."
            )
        self.stdout.write(f"audit chain  {Entry.objects.count()} entries, whole")
        self.stdout.write(f"head  {head_hash()}")
