from __future__ import annotations

from typing import Any

import pytest

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
