from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError

from catalog.models import Product
from core.money import COARSE

INSERT = (
    "INSERT INTO catalog_product (name, slug, description, price_pennies, currency, is_on_sale)"
    " VALUES ('Mug', %s, '', %s, %s, true)"
)


@pytest.mark.parametrize("pennies", [0, -1])
def test_a_price_of_nothing_or_less_is_refused_by_the_database(refused: Any, pennies: int) -> None:
    assert "product_price_is_positive" in refused(INSERT, "mug", pennies, "GBP")


@pytest.mark.parametrize("currency", ["gbp", "GB", "£", "G8P"])
def test_a_currency_that_is_no_iso_code_is_refused_by_the_database(
    refused: Any, currency: str
) -> None:
    assert "product_currency_is_iso" in refused(INSERT, "mug", 500, currency)


def test_two_products_never_share_a_slug(execute: Any, refused: Any) -> None:
    execute(INSERT, "mug", 500, "GBP")
    assert "slug" in refused(INSERT, "mug", 700, "GBP")


@pytest.mark.parametrize("currency", sorted(COARSE))
def test_nothing_is_on_sale_in_a_currency_that_stripe_charges_in_steps(
    execute: Any, refused: Any, currency: str
) -> None:
    """Whichever way it comes on sale. What went off sale before keeps its currency."""
    rule = "product_on_sale_is_charged_exactly"
    assert rule in refused(INSERT, "mug", 500, currency)
    execute(INSERT.replace("true", "false"), "mug", 500, currency)
    assert rule in refused("UPDATE catalog_product SET is_on_sale = true")
    execute("UPDATE catalog_product SET currency = 'GBP', is_on_sale = true")
    with pytest.raises(IntegrityError, match=rule):
        Product.objects.update(currency=currency)


@pytest.mark.parametrize("currency", ["EUR", "HUF", "JPY", "TWD"])
def test_products_are_on_sale_in_any_other_currency(execute: Any, currency: str) -> None:
    execute(INSERT, "mug", 500, currency)
