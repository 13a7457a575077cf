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


@pytest.fixture
def cara(cara_customer: Any) -> Client:
    client = Client()
    client.force_login(cara_customer)
    return client


# One test for each few pages: what breaks one of them is tried against all pages of its test.
def test_own_orders_are_listed_for_customers(cara: Client) -> None:
    check_door(reverse("orders:mine"), takes="GET", opens_to=cara, not_to="ops")


def test_orders_are_placed_by_customers_and_not_too_often(cara: Client) -> None:
    address = reverse("orders:place")
    check_door(address, takes="POST", opens_to=cara, not_to="ops", limit=PLACE)


def test_an_order_is_paid_by_its_customer_and_not_too_often(order: Order, cara: Client) -> None:
    address = reverse("orders:pay", args=[order.pk])
    check_door(address, takes="POST", opens_to=cara, not_to="ops", limit=PAY)


@pytest.mark.parametrize(
    ("name", "takes"), [("cancel", "POST"), ("returned", "GET"), ("detail", "GET")]
)
def test_an_order_is_seen_and_canceled_by_its_customer(
    order: Order, cara: Client, name: str, takes: str
) -> None:
    address = reverse(f"orders:{name}", args=[order.pk])
    check_door(address, takes=takes, opens_to=cara, not_to="ops")


@pytest.mark.parametrize(
    ("name", "takes", "role", "other"),
    [
        ("staff-list", "GET", "analyst", "customer"),
        ("staff-detail", "GET", "analyst", "customer"),
        ("staff-cancel", "POST", "ops", "analyst"),
        ("fulfil", "POST", "ops", "analyst"),
    ],
)
def test_orders_of_all_are_for_staff_who_may(
    order: Order, name: str, takes: str, role: str, other: str
) -> None:
    address = reverse(f"orders:{name}", args=[] if name == "staff-list" else [order.pk])
    check_door(address, takes=takes, opens_to=client_of(role), not_to=other)


def test_refunds_are_given_by_staff_who_may(order: Order) -> None:
    address = reverse("refunds:issue", args=[order.pk])
    check_door(address, takes="GET POST", opens_to=client_of("ops"), not_to="analyst")


@pytest.mark.parametrize(("name", "takes"), [("price-list", "GET"), ("price", "GET POST")])
def test_prices_are_for_administrators(mug: Product, name: str, takes: str) -> None:
    address = reverse(f"catalog:{name}", args=[mug.pk] if name == "price" else [])
    check_door(address, takes=takes, opens_to=client_of("admin"), not_to="ops")
