"""The shop front."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Product

FRONT = reverse("catalog:shop-front")
pytestmark = pytest.mark.django_db


@pytest.fixture
def mug() -> Product:
    return Product.objects.create(name="Mug", slug="mug", price_pennies=1250, currency="GBP")


def test_shop_front_shows_what_is_on_sale_with_its_price(mug: Product) -> None:
    Product.objects.create(
        name="Lamp", slug="lamp", price_pennies=99, currency="GBP", is_on_sale=False
    )
    page = Client().get(FRONT)
    assert "Mug" in page.text
    assert "£12.50" in page.text
    assert "Lamp" not in page.text


def test_shop_front_says_that_no_real_money_moves(mug: Product) -> None:
    assert "Test payments: no real money moves." in Client().get(FRONT).text


def test_shop_front_drops_the_banner_when_real_money_moves(mug: Product, settings: Any) -> None:
    settings.STRIPE_LIVEMODE = True
    assert "Test payments" not in Client().get(FRONT).text


def test_shop_front_offers_staff_nothing_to_buy(mug: Product, olly_ops: Any) -> None:
    client = Client()
    assert "Add to basket" in client.get(FRONT).text
    client.force_login(olly_ops)
    assert "Add to basket" not in client.get(FRONT).text


def test_shop_front_escapes_what_a_product_says() -> None:
    Product.objects.create(
        name="<script>alert(1)</script>", slug="x", price_pennies=1, currency="GBP"
    )
    page = Client().get(FRONT).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_shop_front_asks_the_database_no_more_for_more_products(
    mug: Product, django_assert_num_queries: Any
) -> None:
    Product.objects.bulk_create(
        Product(name=f"P{n}", slug=f"p{n}", price_pennies=n + 1, currency="GBP") for n in range(30)
    )
    with django_assert_num_queries(1):
        Client().get(FRONT)
