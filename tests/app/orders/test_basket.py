"""The basket in the session."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.models import Product
from orders.basket import MOST_OF_ONE, MOST_PRODUCTS, Basket, BasketFull, total

pytestmark = pytest.mark.django_db


def _product(name: str = "Mug", pennies: int = 1250, currency: str = "GBP") -> Product:
    return Product.objects.create(
        name=name, slug=name.lower(), price_pennies=pennies, currency=currency
    )


def test_basket_adds_up_over_visits() -> None:
    session: dict[str, Any] = {}
    mug = _product()
    assert Basket(session).add(mug, 2) == 2
    assert Basket(session).add(mug, 1) == 3
    [line] = Basket(session).lines()
    assert (line.product, line.quantity, line.amount_pennies) == (mug, 3, 3750)


def test_basket_forgets_what_is_set_to_zero() -> None:
    session: dict[str, Any] = {}
    mug = _product()
    Basket(session).add(mug, 2)
    assert Basket(session).change(mug, 0) == 0
    assert Basket(session).lines() == []


def test_basket_leaves_out_what_is_no_longer_on_sale() -> None:
    session: dict[str, Any] = {}
    mug = _product()
    Basket(session).add(mug, 2)
    Product.objects.update(is_on_sale=False)
    assert Basket(session).lines() == []


def test_basket_tells_apart_what_is_no_longer_on_sale_in_one_look() -> None:
    session: dict[str, Any] = {}
    mug, fan = _product(), _product("Fan")
    Basket(session).add(mug, 2)
    Basket(session).add(fan, 1)
    Product.objects.filter(pk=mug.pk).update(is_on_sale=False)
    lines, unsold = Basket(session).look()
    assert [(line.product, line.quantity, line.amount_pennies) for line in lines] == [
        (fan, 1, fan.price_pennies)
    ]
    assert unsold == [mug]
    Product.objects.update(is_on_sale=True)
    assert {line.product for line in Basket(session).lines()} == {mug, fan}


def test_basket_refuses_more_of_one_than_fit_and_keeps_what_it_had() -> None:
    session: dict[str, Any] = {}
    mug = _product()
    Basket(session).add(mug, MOST_OF_ONE)
    with pytest.raises(BasketFull) as caught:
        Basket(session).add(mug, 1)
    assert str(caught.value) == ("Mug: 100 asked, at most 99 fit in one order; ask for fewer.")
    assert Basket(session).lines()[0].quantity == MOST_OF_ONE


def test_basket_refuses_more_products_than_fit_and_keeps_what_it_had() -> None:
    session: dict[str, Any] = {}
    for number in range(MOST_PRODUCTS):
        Basket(session).add(_product(f"P{number}"), 1)
    with pytest.raises(BasketFull, match="at most 50 fit in one order"):
        Basket(session).add(_product("Mug"), 1)
    assert len(Basket(session).lines()) == MOST_PRODUCTS


def test_total_sums_each_currency_by_itself() -> None:
    session: dict[str, Any] = {}
    Basket(session).add(_product("Mug", 1250), 2)
    Basket(session).add(_product("Fan", 900, "JPY"), 1)
    assert total(Basket(session).lines()) == "£25.00 + ¥900"
