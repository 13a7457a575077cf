"""`manage.py contents`: what the database holds, as JSON, for comparing it with another."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from backups.contents import contents


class Command(BaseCommand):
    help = "Print what the database holds: rows and their hash by table, and every rule, as JSON."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self.stdout.write(json.dumps(contents(), sort_keys=True))
