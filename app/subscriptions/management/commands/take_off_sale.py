"""Take a product or a subscription off sale, or put it back. It is here because plans are: the
catalogue knows nothing of them."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from catalog import offers
from catalog.models import Product
from core.actor import system
from core.refusal import Refused
from subscriptions.models import Plan


class Command(BaseCommand):
    help = "Take a product off sale, or a plan, or put it back. Audited with the reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="its short name, as `mug`")
        parser.add_argument("--plan", action="store_true", help="it is a plan, not a product")
        parser.add_argument("--back", action="store_true", help="put it back on sale")
        parser.add_argument("--why", required=True, help="the reason, without names or addresses")

    def handle(self, *args: Any, name: str, plan: bool, back: bool, **options: Any) -> None:
        try:
            offers.set_on_sale(
                among=Plan.objects.all() if plan else Product.objects.all(),
                named=name,
                on_sale=back,
                by=system("command:take_off_sale"),
                why=options["why"],
                now=timezone.now(),
            )
        except Refused as no:
            is_plan = not plan and Plan.objects.filter(slug=name).exists()
            hint = f" {name} is a plan: say --plan." if is_plan else ""
            raise CommandError(f"take_off_sale: {no}{hint}") from no
        kind, state = "plan" if plan else "product", "on" if back else "off"
        self.stdout.write(f"{kind}  {name}, {state} sale from now on")
