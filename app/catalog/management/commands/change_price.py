"""Change a product's price; the same as *Change prices* on the products page."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from catalog import prices
from catalog.models import Product
from core.actor import system
from core.money import display, parse
from core.refusal import Refused


class Command(BaseCommand):
    help = "Change what a product costs from now on. Audited with the reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("product", help="its short name, as `mug`")
        parser.add_argument("price", help="in the product's currency, like 12.50")
        parser.add_argument("--why", required=True, help="the reason, without names or addresses")

    def handle(self, *args: Any, product: str, price: str, why: str, **options: Any) -> None:
        found = _named(product)
        try:
            changed = prices.change(
                product=found,
                asked_pennies=parse(price, found.currency),
                by=system("command:change_price"),
                why=why,
                now=timezone.now(),
            )
        except Refused as no:
            raise CommandError(f"change_price: {no}") from no
        costs = display(changed.price_pennies, changed.currency)
        self.stdout.write(f"price  {changed.slug}, {costs} from now on")


def _named(slug: str) -> Product:
    found = Product.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(
            f"Product: found {slug!r}, expected a product's short name; see the prices page."
        )
    return found
