"""The pages of catalogue, basket, orders, payments and refunds open to whoever may, and how."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Product
from core.limits import BASKET, PAY, PLACE, Limit
from orders.models import Order
from orders.services import place
from tests.app.doors import check_door, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_stripe(settings: Any) -> None:
    """Nobody listens there, and the pages that call Stripe say so."""
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"


@pytest.fixture
def mug(db: None) -> Product:
    return Product.objects.create(name="Mug", slug="mug", price_pennies=500, currency="GBP")


@pytest.fixture
def order(mug: Product, cara_customer: Any, now: datetime) -> Order:
    return place(customer=cara_customer, basket={mug: 1}, now=now)


@pytest.mark.parametrize(
    ("name", "takes", "limit"),
    [
        ("catalog:shop-front", "GET", None),
        ("orders:basket", "GET", None),
        ("orders:basket-add", "POST", BASKET),
        ("orders:basket-change", "POST", BASKET),
    ],
)
def test_whoever_passes_by_looks_and_fills_a_basket_and_not_too_often(
    name: str, takes: str, limit: Limit | None
) -> None:
    check_door(reverse(name), takes=takes, opens_to=Client(), limit=limit)


@pytest.mark.parametrize(
    ("name", "takes", "limit"),
    [
        ("mine", "GET", None),
        ("place", "POST", PLACE),
        ("detail", "GET", None),
        ("pay", "POST", PAY),
        ("returned", "GET", None),
        ("cancel", "POST", None),
    ],
)
def test_orders_of_ones_own_are_for_customers_and_not_too_often(
    order: Order, cara_customer: Any, name: str, takes: str, limit: Limit | None
) -> None:
    address = reverse(f"orders:{name}", args=[] if name in ("mine", "place") else [order.pk])
    cara = Client()
    cara.force_login(cara_customer)
    check_door(address, takes=takes, opens_to=cara, not_to="ops", limit=limit)


@pytest.mark.parametrize(
    ("name", "takes", "role", "other"),
    [
        ("orders:staff-list", "GET", "analyst", "customer"),
        ("orders:staff-detail", "GET", "analyst", "customer"),
        ("orders:staff-cancel", "POST", "ops", "analyst"),
        ("orders:fulfil", "POST", "ops", "analyst"),
        ("refunds:issue", "GET POST", "ops", "analyst"),
        ("catalog:price-list", "GET", "admin", "ops"),
        ("catalog:price", "GET POST", "admin", "ops"),
    ],
)
def test_what_staff_see_and_do_is_for_those_who_may(
    order: Order, mug: Product, name: str, takes: str, role: str, other: str
) -> None:
    of = {"orders:staff-list": [], "catalog:price-list": [], "catalog:price": [mug.pk]}
    address = reverse(name, args=of.get(name, [order.pk]))
    check_door(address, takes=takes, opens_to=client_of(role), not_to=other)
