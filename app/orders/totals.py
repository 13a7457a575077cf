"""What a basket comes to, decided without the database."""

from __future__ import annotations

from collections.abc import Mapping

from catalog.models import Product
from core.money import display
from core.refusal import Refused

LARGEST_QUANTITY = 99
# Stripe charges at most eight digits of minor units at once (docs.stripe.com/currencies).
LARGEST_TOTAL_PENNIES = 99_999_999


class CannotPlace(Refused):
    """This basket makes no order; the sentence says what to change."""


def total_pennies(basket: Mapping[Product, int]) -> int:
    """The sum in minor units of the basket's one currency; raises CannotPlace."""
    currency = currency_of(basket)
    for product, quantity in basket.items():
        _check_line(product, quantity)
    total = sum(product.price_pennies * quantity for product, quantity in basket.items())
    if total > LARGEST_TOTAL_PENNIES:
        raise CannotPlace(
            f"Basket: {display(total, currency)} in all, at most "
            f"{display(LARGEST_TOTAL_PENNIES, currency)} can be paid at once; take something out."
        )
    return total


def currency_of(basket: Mapping[Product, int]) -> str:
    """The one currency of everything in it; raises CannotPlace for none and for two."""
    currencies = {product.currency for product in basket}
    if not currencies:
        raise CannotPlace("Basket: empty, expected at least one product; put something in.")
    if len(currencies) > 1:
        raise CannotPlace(
            f"Basket: prices in {' and '.join(sorted(currencies))}, expected one currency; "
            "order them separately."
        )
    return currencies.pop()


def _check_line(product: Product, quantity: int) -> None:
    if not product.is_on_sale:
        raise CannotPlace(f"{product.name}: no longer on sale; take it out of the basket.")
    if isinstance(quantity, bool) or not isinstance(quantity, int):
        raise CannotPlace(f"{product.name}: {quantity!r} asked, expected a whole number.")
    if not 1 <= quantity <= LARGEST_QUANTITY:
        raise CannotPlace(
            f"{product.name}: {quantity} asked, 1 to {LARGEST_QUANTITY} expected; "
            "change the quantity."
        )
