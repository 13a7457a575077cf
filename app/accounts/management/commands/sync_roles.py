"""Make the groups of the database what the role table says."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts import drift, roles


class Command(BaseCommand):
    help = "Make the groups of the database what the role table says. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        before = drift.find()
        roles.sync()
        left = drift.find()
        self.stdout.write(f"roles  {len(roles.Role)} roles, {len(before) - len(left)} repaired")
        for one in left:
            self.stdout.write(f"  {one}")
