"""`manage.py facts`: what pages quote about the shop, as one JSON object."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from demo.facts import facts


class Command(BaseCommand):
    """One line of JSON with sorted keys, so that two runs of one commit print the same bytes."""

    help = "Print what the shop's code says about itself, as JSON."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(facts(), ensure_ascii=False, sort_keys=True))
