"""Put a product on sale that was not there before."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from catalog import offers
from core.actor import system
from core.money import display, parse
from core.refusal import Refused


class Command(BaseCommand):
    help = "Add a product to the catalogue, on sale from now on. Audited."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("product", help="its short name for ever, as `mug`")
        parser.add_argument("--name", required=True, help="as customers read it")
        parser.add_argument("--price", required=True, help="like 12.50")
        parser.add_argument("--currency", default=settings.SHOP_CURRENCY)
        parser.add_argument("--description", default="")

    def handle(self, *args: Any, product: str, price: str, currency: str, **options: Any) -> None:
        try:
            added = offers.add_product(
                slug=product,
                name=options["name"],
                description=options["description"],
                price_pennies=parse(price, currency),
                currency=currency,
                by=system("command:add_product"),
                now=timezone.now(),
            )
        except Refused as no:
            raise CommandError(f"add_product: {no}") from no
        costs = display(added.price_pennies, added.currency)
        self.stdout.write(f"product  {added.slug}, {costs}, on sale from now on")
