"""Every address of the shop, visited as each role and as nobody.

`WHO_MAY` is written by hand and owes nothing to the code: an address that is missing here fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.access import PUBLIC, mark_of
from accounts.models import User
from accounts.roles import Permission, Role
from catalog.models import Product
from monitoring.models import Issue
from orders import services as orders
from orders.models import Order
from subscriptions.models import Plan, Subscription
from tests.app.conftest import NOW, person

PEOPLE = ("nobody", "customer", "analyst", "ops", "admin")
EVERYONE = set(PEOPLE)
CUSTOMER = {"customer"}
SIGNED_IN = EVERYONE - {"nobody"}
READERS = {"analyst", "ops", "admin"}
OPERATORS = {"ops", "admin"}

WHO_MAY: dict[tuple[str, str], set[str]] = {
    ("GET", "catalog:shop-front"): EVERYONE,
    ("GET", "catalog:price-list"): {"admin"},
    ("GET", "catalog:price"): {"admin"},
    ("POST", "catalog:price"): {"admin"},
    ("GET", "accounts:sign-in"): EVERYONE,
    ("POST", "accounts:sign-in"): EVERYONE,
    ("POST", "accounts:sign-out"): EVERYONE,
    ("GET", "accounts:account"): SIGNED_IN,
    ("GET", "accounts:password"): SIGNED_IN,
    ("POST", "accounts:password"): SIGNED_IN,
    ("GET", "accounts:role"): {"admin"},
    ("POST", "accounts:role"): {"admin"},
    ("GET", "accounts:deactivate"): {"admin"},
    ("POST", "accounts:deactivate"): {"admin"},
    ("GET", "accounts:reactivate"): {"admin"},
    ("POST", "accounts:reactivate"): {"admin"},
    ("POST", "accounts:unlock"): {"admin"},
    ("GET", "accounts:reset-factor"): {"admin"},
    ("POST", "accounts:reset-factor"): {"admin"},
    ("GET", "accounts:second-factor"): READERS,
    ("POST", "accounts:second-factor"): READERS,
    ("GET", "accounts:second-factor-enrol"): READERS,
    ("POST", "accounts:second-factor-enrol"): READERS,
    ("GET", "orders:basket"): EVERYONE,
    ("POST", "orders:basket-add"): EVERYONE,
    ("POST", "orders:basket-change"): EVERYONE,
    ("POST", "webhooks:stripe"): EVERYONE,
    ("GET", "orders:mine"): CUSTOMER,
    ("POST", "orders:place"): CUSTOMER,
    ("GET", "orders:detail"): CUSTOMER,
    ("POST", "orders:pay"): CUSTOMER,
    ("GET", "orders:returned"): CUSTOMER,
    ("POST", "orders:cancel"): CUSTOMER,
    ("GET", "orders:staff-list"): READERS,
    ("GET", "orders:staff-detail"): READERS,
    ("POST", "orders:staff-cancel"): OPERATORS,
    ("POST", "orders:fulfil"): OPERATORS,
    ("GET", "refunds:issue"): OPERATORS,
    ("POST", "refunds:issue"): OPERATORS,
    ("GET", "subscriptions:plans"): EVERYONE,
    ("GET", "subscriptions:mine"): CUSTOMER,
    ("POST", "subscriptions:start"): CUSTOMER,
    ("POST", "subscriptions:cancel"): CUSTOMER,
    ("GET", "subscriptions:staff-list"): READERS,
    ("GET", "subscriptions:staff-detail"): READERS,
    ("POST", "subscriptions:staff-cancel"): OPERATORS,
    ("GET", "subscriptions:mrr"): {"analyst", "admin"},
    ("GET", "analyticsapp:overview"): {"analyst", "admin"},
    ("GET", "monitoring:issues"): READERS,
    ("GET", "monitoring:runbook"): READERS,
    ("GET", "monitoring:acknowledge"): OPERATORS,
    ("POST", "monitoring:acknowledge"): OPERATORS,
    ("GET", "audit:list"): {"admin"},
    ("GET", "privacy:own"): SIGNED_IN,
    ("GET", "privacy:people"): OPERATORS,
    ("GET", "privacy:person"): OPERATORS,
    ("GET", "privacy:erase"): {"admin"},
    ("POST", "privacy:erase"): {"admin"},
    ("GET", "privacy:retention"): {"admin"},
    ("POST", "privacy:retention"): {"admin"},
    ("GET", "exports:overview"): READERS,
    ("GET", "exports:orders"): READERS,
    ("GET", "exports:refunds"): READERS,
    ("GET", "exports:customers"): {"admin"},
    ("GET", "exports:subscriptions"): READERS,
}
OF_ONE_CUSTOMER = [
    ("GET", "orders:detail"),
    ("POST", "orders:pay"),
    ("GET", "orders:returned"),
    ("POST", "orders:cancel"),
    ("POST", "subscriptions:cancel"),
]


def _addresses(
    found: URLResolver | None = None, namespaces: tuple[str, ...] = ()
) -> Iterator[tuple[str, URLPattern]]:
    """Every named address below the root of the URL configuration, with its pattern."""
    for entry in (found or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inside = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from _addresses(entry, inside)
        else:
            yield ":".join((*namespaces, entry.name or str(entry.pattern))), entry


ADDRESSES = dict(_addresses())


@pytest.fixture(autouse=True)
def _no_stripe(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page may call Stripe; here nobody listens, and the page has to say so."""
    monkeypatch.setattr(settings, "STRIPE_API_BASE", "http://127.0.0.1:9")


@dataclass(frozen=True)
class Shop:
    """One person of each role, an order of the customer's, its product, and an issue. Made once."""

    people: dict[str, User]
    order: Order
    product: Product
    issue: Issue
    plan: Plan
    subscription: Subscription


@pytest.fixture(scope="module")
def shop(rows_of_the_module: None) -> Shop:
    people = {role.value: person(f"some_{role.value}", role.value) for role in Role}
    lamp = Product.objects.create(name="Lamp", slug="lamp", price_pennies=2500, currency="GBP")
    order = orders.place(customer=people["customer"], basket={lamp: 1}, now=NOW)
    issue = Issue.objects.create(
        fingerprint="stock:product:1",
        check_name="stock",
        subject="product:1",
        expected="5",
        actual="4",
        first_seen_at=NOW,
        last_seen_at=NOW,
    )
    plan = Plan.objects.create(
        slug="coffee", name="Coffee", price_pennies=1800, currency="GBP", interval="month"
    )
    subscription = Subscription.objects.create(
        stripe_subscription_id="sub_1",
        stripe_customer_id="cus_1",
        customer=people["customer"],
        status="active",
        currency="GBP",
        started_at=NOW,
        seen_at=NOW,
    )
    return Shop(people, order, lamp, issue, plan, subscription)


@pytest.fixture
def carl_customer(db: None) -> User:
    """Another customer, who has no order."""
    carl: User = person("carl_customer", "customer")
    return carl


def _client(who: str, shop: Shop, **options: Any) -> Client:
    client = Client(**options)
    if who != "nobody":
        client.force_login(shop.people[who])
    return client


def _visit(client: Client, method: str, name: str, shop: Shop) -> HttpResponse:
    keys = {
        "order_id": shop.order.pk,
        "product_id": shop.product.pk,
        "issue_id": shop.issue.pk,
        "plan_id": shop.plan.pk,
        "user_id": shop.people["customer"].pk,
        "subscription_id": shop.subscription.pk,
    }
    wanted = ADDRESSES[name].pattern.converters
    address = reverse(name, kwargs={key: keys[key] for key in wanted})
    return client.generic(method, address)  # type: ignore[return-value]


def _outcome(response: HttpResponse) -> str:
    """`sign in`, `refused`, `not there`, `wrong method`, `broken`, or `in`."""
    target = response.headers.get("Location", "")
    if response.status_code == 302 and target.startswith(reverse("accounts:sign-in")):
        return "sign in"
    named = {403: "refused", 404: "not there", 405: "wrong method", 500: "broken"}
    return named.get(response.status_code, "in")


def test_every_address_is_in_the_table_and_nothing_else_is() -> None:
    assert {name for _, name in WHO_MAY} == set(ADDRESSES)


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_every_view_says_who_may_open_it(name: str) -> None:
    mark = mark_of(ADDRESSES[name].callback)
    assert mark == PUBLIC or mark in set(Permission), f"{name}: mark it @requires or @public"


@pytest.mark.django_db
@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize(("method", "name"), sorted(WHO_MAY))
def test_an_address_opens_to_those_who_may_and_to_nobody_else(
    method: str, name: str, who: str, shop: Shop
) -> None:
    response = _visit(_client(who, shop), method, name, shop)
    if who in WHO_MAY[method, name]:
        assert _outcome(response) == "in"
    else:
        assert _outcome(response) == ("sign in" if who == "nobody" else "refused")


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "name"), OF_ONE_CUSTOMER)
def test_an_order_of_somebody_else_is_not_there(
    method: str, name: str, shop: Shop, carl_customer: User
) -> None:
    client = Client()
    client.force_login(carl_customer)
    assert _outcome(_visit(client, method, name, shop)) == "not there"
    assert Order.objects.get(pk=shop.order.pk).status == "pending"


@pytest.mark.django_db
def test_the_list_of_own_orders_shows_nobody_elses(shop: Shop, carl_customer: User) -> None:
    link = reverse("orders:detail", args=[shop.order.pk])
    for buyer, sees in ((carl_customer, False), (shop.order.customer, True)):
        client = Client()
        client.force_login(buyer)
        page = client.get(reverse("orders:mine"))
        assert (page.status_code, link in page.text) == (200, sees)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_a_method_that_is_not_in_the_table_is_refused(name: str, shop: Shop) -> None:
    allowed = {method for method, listed in WHO_MAY if listed == name}
    who = sorted(WHO_MAY[min(allowed), name] - {"nobody"})[-1]
    client = _client(who, shop)
    for method in {"GET", "POST", "PUT", "DELETE"} - allowed:
        assert _outcome(_visit(client, method, name, shop)) == "wrong method"


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted({name for method, name in WHO_MAY if method == "POST"}))
def test_a_form_sent_from_elsewhere_is_refused(name: str, shop: Shop) -> None:
    """All but the webhook, which proves itself by its signature."""
    who = sorted(WHO_MAY["POST", name] - {"nobody"})[-1]
    client = _client(who, shop, enforce_csrf_checks=True)
    outcome = _outcome(_visit(client, "POST", name, shop))
    assert outcome == ("in" if name == "webhooks:stripe" else "refused")


@pytest.mark.django_db
def test_an_address_that_does_not_exist_is_not_told_apart_from_a_guarded_one() -> None:
    assert Client().get("/staff/nothing-here/").status_code == 404
