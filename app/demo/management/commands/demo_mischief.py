"""`manage.py in_demo demo_mischief WHAT`: spoil something in the demo."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.refusal import Refused
from demo import mischief, production
from demo.twin import NoTwin

ACTS = {
    "repeat-webhook": mischief.repeat_webhook,
    "spoil-refund": mischief.spoil_refund,
    "give-up-on-webhook": mischief.give_up_on_webhook,
}


class Command(BaseCommand):
    """Make the demo's shop wrong on purpose, so that somebody can see it noticed."""

    help = "Spoil the demo's data: " + ", ".join(ACTS)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=ACTS, help="what to do")

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        production.refuse("demo_mischief")
        try:
            self.stdout.write(ACTS[what]())
        except (Refused, NoTwin) as no:
            raise CommandError(str(no)) from no
