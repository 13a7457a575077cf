from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Product
from orders.totals import CannotPlace, total_pennies


def product(pk: int, pennies: int, currency: str = "GBP", **more: Any) -> Product:
    return Product(pk=pk, name=f"P{pk}", price_pennies=pennies, currency=currency, **more)


@given(st.lists(st.tuples(st.integers(1, 9000), st.integers(1, 99)), min_size=1, max_size=50))
def test_the_total_is_the_exact_sum_of_its_lines(lines: list[tuple[int, int]]) -> None:
    basket = {product(pk, pennies): many for pk, (pennies, many) in enumerate(lines, start=1)}
    assert total_pennies(basket) == sum(pennies * many for pennies, many in lines)


@pytest.mark.parametrize(
    ("basket", "sentence"),
    [
        ({}, "Basket: empty, expected at least one product; put something in."),
        (
            {product(1, 5): 1, product(2, 5, "JPY"): 1},
            "Basket: prices in GBP and JPY, expected one currency; order them separately.",
        ),
        (
            {product(1, 5, is_on_sale=False): 1},
            "P1: no longer on sale; take it out of the basket.",
        ),
        ({product(1, 5): 0}, "P1: 0 asked, 1 to 99 expected; change the quantity."),
        ({product(1, 5): -1}, "P1: -1 asked, 1 to 99 expected; change the quantity."),
        ({product(1, 5): 100}, "P1: 100 asked, 1 to 99 expected; change the quantity."),
        ({product(1, 5): 1.5}, "P1: 1.5 asked, expected a whole number."),
        ({product(1, 5): True}, "P1: True asked, expected a whole number."),
        (
            {product(1, 50_000_000): 2},
            "Basket: £1,000,000.00 in all, at most £999,999.99 can be paid at once; "
            "take something out.",
        ),
        (
            {product(1, 100_000_000, "JPY"): 1},
            "Basket: ¥100,000,000 in all, at most ¥99,999,999 can be paid at once; "
            "take something out.",
        ),
    ],
)
def test_a_basket_that_makes_no_order_says_why(basket: Any, sentence: str) -> None:
    with pytest.raises(CannotPlace) as refusal:
        total_pennies(basket)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize("quantity", [1, 99])
def test_the_smallest_and_largest_quantity_are_fine(quantity: int) -> None:
    assert total_pennies({product(1, 7): quantity}) == 7 * quantity


def test_the_largest_total_is_fine() -> None:
    assert total_pennies({product(1, 99_999_999): 1}) == 99_999_999
