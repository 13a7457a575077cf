"""`manage.py seed_demo`: four people, a catalogue and some orders, for demos and proofs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from demo import production
from demo.people import PASSWORD, PEOPLE
from demo.seed import seed
from demo.subscribing import HISTORY
from demo.twin import NoTwin, pointed_at_twin
from payments.gateway import GatewayError


class Command(BaseCommand):
    """Add what is missing; a second run adds nothing."""

    help = "Seed the demo: people of each role, products, and orders of every kind."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--now", default="", help="when it is, like 2026-03-02T12:00+00:00; by default now"
        )
        parser.add_argument(
            "--twin",
            default="",
            metavar="ADDRESS",
            help="a local Stripe that runs; by default one is started for as long as this takes",
        )

    def handle(self, *args: Any, now: str, twin: str, **options: Any) -> None:
        production.refuse("seed_demo")
        moment = _moment(now)
        try:
            with pointed_at_twin(twin, since=moment - HISTORY):
                added = seed(now=moment)
        except (NoTwin, GatewayError) as error:
            raise CommandError(f"seed_demo: {error}") from error
        self.stdout.write(
            f"Added {added.people} people, {added.products} products, {added.orders} orders, "
            f"{added.subscriptions} subscriptions."
        )
        for person in PEOPLE:
            self.stdout.write(f"  {person.username:<14} {person.role.value:<9} {PASSWORD}")


def _moment(text: str) -> datetime:
    if not text:
        return timezone.now()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            f"seed_demo: --now {text!r}, expected a time like 2026-03-02T12:00+00:00."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
