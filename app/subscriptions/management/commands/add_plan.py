"""Put a subscription on sale that was not there before."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.actor import system
from core.money import parse
from core.refusal import Refused
from subscriptions import plans
from subscriptions.words import Interval


class Command(BaseCommand):
    help = "Add a subscription plan, on sale from now on; its price never changes. Audited."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("plan", help="its short name for ever, as `refill`")
        parser.add_argument("--name", required=True, help="as customers read it")
        parser.add_argument("--price", required=True, help="for one interval, like 12.50")
        parser.add_argument("--currency", default=settings.SHOP_CURRENCY)
        parser.add_argument("--interval", default="month", choices=[one.value for one in Interval])
        parser.add_argument("--interval-count", type=int, default=1, help="3 is every 3 months")
        parser.add_argument("--description", default="")

    def handle(self, *args: Any, plan: str, price: str, currency: str, **options: Any) -> None:
        try:
            added = plans.add_plan(
                slug=plan,
                name=options["name"],
                description=options["description"],
                price_pennies=parse(price, currency),
                currency=currency,
                interval=Interval(options["interval"]),
                interval_count=options["interval_count"],
                by=system("command:add_plan"),
                now=timezone.now(),
            )
        except Refused as no:
            raise CommandError(f"add_plan: {no}") from no
        self.stdout.write(f"plan  {added.slug}, {added.price}, on sale from now on")
