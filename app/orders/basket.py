"""The basket: product keys and quantities in the visitor's session, until an order is placed."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from catalog.models import Product
from core.money import display
from core.refusal import Refused

SESSION_KEY = "basket"
MOST_OF_ONE = 99
MOST_PRODUCTS = 50


class BasketFull(Refused):
    """More than a basket holds, of one product or of different ones."""


@dataclass(frozen=True)
class BasketLine:
    """One product in the basket; `amount_pennies` is its price times the quantity."""

    product: Product
    quantity: int
    amount_pennies: int


class Basket:
    """A view on the session. Products that are gone are left out."""

    def __init__(self, session: MutableMapping[str, Any]) -> None:
        self._session = session
        self._quantities: dict[str, int] = dict(session.get(SESSION_KEY) or {})

    def look(self) -> tuple[list[BasketLine], list[Product]]:
        """What is in it, by product name, and which products in it are no longer on sale. One
        query, so that nothing falls in between."""
        products = list(Product.objects.filter(pk__in=self._quantities))
        lines = [
            BasketLine(product, quantity, product.price_pennies * quantity)
            for product in products
            if product.is_on_sale
            for quantity in [self._quantities[str(product.pk)]]
        ]
        return lines, [product for product in products if not product.is_on_sale]

    def lines(self) -> list[BasketLine]:
        """What is in it and on sale, by product name. One query."""
        return self.look()[0]

    def add(self, product: Product, quantity: int) -> int:
        """Put in some more; how many there are now. Raises BasketFull with a sentence."""
        return self.change(product, self._quantities.get(str(product.pk), 0) + quantity)

    def change(self, product: Product, quantity: int) -> int:
        """Set how many of it there are, which is the answer; 0 takes it out. Raises BasketFull
        with a sentence."""
        if quantity > MOST_OF_ONE:
            raise BasketFull(
                f"{product.name}: {quantity} asked, at most {MOST_OF_ONE} fit in one order; "
                "ask for fewer."
            )
        if quantity:
            self._quantities[str(product.pk)] = quantity
        else:
            self._quantities.pop(str(product.pk), None)
        if len(self._quantities) > MOST_PRODUCTS:
            raise BasketFull(
                f"Basket: {len(self._quantities)} different products, at most {MOST_PRODUCTS} "
                "fit in one order; place this one first."
            )
        self._save()
        return quantity

    def clear(self) -> None:
        """Take everything out."""
        self._quantities.clear()
        self._save()

    def _save(self) -> None:
        self._session[SESSION_KEY] = self._quantities


def total(lines: list[BasketLine]) -> str:
    """The sum as a person reads it; one sum for each currency when there are several."""
    sums: dict[str, int] = {}
    for line in lines:
        currency = line.product.currency
        sums[currency] = sums.get(currency, 0) + line.amount_pennies
    return " + ".join(display(pennies, currency) for currency, pennies in sorted(sums.items()))
