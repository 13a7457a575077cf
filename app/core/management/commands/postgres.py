"""`manage.py postgres`: hold this clone's own PostgreSQL for somebody else's processes."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Print the server's DATABASE_URL as one line of JSON, then hold it until stdin closes."""

    help = "Start this clone's own PostgreSQL, print DATABASE_URL as JSON, stop when stdin closes."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps({"DATABASE_URL": os.environ["DATABASE_URL"]}))
        self.stdout.flush()
        while sys.stdin.read(4096):
            pass
