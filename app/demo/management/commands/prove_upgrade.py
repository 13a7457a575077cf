"""`manage.py throwaway prove_upgrade`: a filled database of the first migrations, migrated on."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, connection
from django.utils import timezone

from demo import production, upgrade
from monitoring.checks import money, trust
from monitoring.checks.check import Check

# What can be asked of a shop that has no people with roles and no snapshots.
ASKED: tuple[Check, ...] = (
    *money.CHECKS,
    *(check for check in trust.CHECKS if check.name != "role-drift"),
)


class Command(BaseCommand):
    """Fill an empty database at each app's first migration, migrate it on, and compare."""

    help = "Fill a database at the first migrations, migrate it on, and compare every row."

    def handle(self, *args: Any, **options: Any) -> None:
        production.refuse("prove_upgrade")
        if connection.introspection.table_names():
            raise CommandError(
                "prove_upgrade: this database holds tables, expected an empty one; run it as "
                "`throwaway prove_upgrade`."
            )
        now = timezone.now()
        then = upgrade.to_first_migrations()
        upgrade.fill(then, now=now)
        upgrade.fill_what_nobody_sells(then, now=now)
        before = upgrade.kept(then)
        rows = sum(len(held.rows) for held in before.values())
        self.stdout.write(
            f"first     {rows} rows in {len(before)} tables, at each app's first migration"
        )
        call_command("migrate", verbosity=0)
        call_command("migrate", check_unapplied=True, verbosity=0)
        lost = upgrade.changed(before)
        if lost:
            raise CommandError(f"prove_upgrade: rows changed in {', '.join(lost)}.")
        self.stdout.write("upgraded  every row is as it was")
        try:
            upgrade.write_again()
        except IntegrityError as no:
            raise CommandError(f"prove_upgrade: a row of before is refused today: {no}") from no
        found = [f"{check.name} {one.subject}" for check in ASKED for one in check.find(now)]
        if found:
            raise CommandError(f"prove_upgrade: checks found {', '.join(found)}.")
        self.stdout.write(f"checks    {len(ASKED)} asked, nothing found")
