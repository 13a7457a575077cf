"""Every address of the shop, visited as each role and as nobody.

`WHO_MAY` is written by hand and owes nothing to the code: an address that is missing here fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.access import PUBLIC, mark_of
from accounts.models import User
from accounts.roles import Permission, Role
from accounts.services import give_role
from catalog.models import Product
from monitoring.models import Issue
from orders import services as orders
from orders.models import Order

PEOPLE = ("nobody", "customer", "analyst", "ops", "admin")
EVERYONE = set(PEOPLE)
CUSTOMER = {"customer"}
READERS = {"analyst", "ops", "admin"}
OPERATORS = {"ops", "admin"}

WHO_MAY: dict[tuple[str, str], set[str]] = {
    ("GET", "catalog:shop-front"): EVERYONE,
    ("GET", "accounts:sign-in"): EVERYONE,
    ("POST", "accounts:sign-in"): EVERYONE,
    ("POST", "accounts:sign-out"): EVERYONE,
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
    ("GET", "monitoring:issues"): READERS,
    ("GET", "monitoring:acknowledge"): OPERATORS,
    ("POST", "monitoring:acknowledge"): OPERATORS,
    ("GET", "audit:list"): {"admin"},
}
OF_ONE_CUSTOMER = [
    ("GET", "orders:detail"),
    ("POST", "orders:pay"),
    ("GET", "orders:returned"),
    ("POST", "orders:cancel"),
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


@pytest.fixture
def order(cara_customer: User, now: datetime) -> Order:
    lamp = Product.objects.create(name="Lamp", slug="lamp", price_pennies=2500, currency="GBP")
    return orders.place(customer=cara_customer, basket={lamp: 1}, now=now)


@pytest.fixture
def issue(now: datetime) -> Issue:
    return Issue.objects.create(
        fingerprint="stock:product:1",
        check_name="stock",
        subject="product:1",
        expected="5",
        actual="4",
        first_seen_at=now,
        last_seen_at=now,
    )


def _client(who: str, cara: User, **options: Any) -> Client:
    client = Client(**options)
    if who == "customer":
        client.force_login(cara)
    elif who != "nobody":
        person = User.objects.create_user(f"some_{who}")
        give_role(user=person, role=Role(who))
        client.force_login(person)
    return client


def _visit(client: Client, method: str, name: str, order: Order, issue: Issue) -> HttpResponse:
    keys = {"order_id": order.pk, "issue_id": issue.pk}
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
    method: str, name: str, who: str, cara_customer: User, order: Order, issue: Issue
) -> None:
    response = _visit(_client(who, cara_customer), method, name, order, issue)
    if who in WHO_MAY[method, name]:
        assert _outcome(response) == "in"
    else:
        assert _outcome(response) == ("sign in" if who == "nobody" else "refused")


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "name"), OF_ONE_CUSTOMER)
def test_an_order_of_somebody_else_is_not_there(
    method: str, name: str, order: Order, issue: Issue
) -> None:
    carl = User.objects.create_user("carl_customer")
    give_role(user=carl, role=Role.CUSTOMER)
    client = _client("nobody", carl)
    client.force_login(carl)
    assert _outcome(_visit(client, method, name, order, issue)) == "not there"
    order.refresh_from_db()
    assert order.status == "pending"


@pytest.mark.django_db
def test_the_list_of_own_orders_shows_nobody_elses(order: Order) -> None:
    carl = User.objects.create_user("carl_customer")
    give_role(user=carl, role=Role.CUSTOMER)
    client = Client()
    client.force_login(carl)
    page = client.get(reverse("orders:mine"))
    assert reverse("orders:detail", args=[order.pk]) not in page.text


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_a_method_that_is_not_in_the_table_is_refused(
    name: str, cara_customer: User, order: Order, issue: Issue
) -> None:
    allowed = {method for method, listed in WHO_MAY if listed == name}
    who = sorted(WHO_MAY[min(allowed), name] - {"nobody"})[-1]
    client = _client(who, cara_customer)
    for method in {"GET", "POST", "PUT", "DELETE"} - allowed:
        assert _outcome(_visit(client, method, name, order, issue)) == "wrong method"


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted({name for method, name in WHO_MAY if method == "POST"}))
def test_a_form_sent_from_elsewhere_is_refused(
    name: str, cara_customer: User, order: Order, issue: Issue
) -> None:
    """All but the webhook, which proves itself by its signature."""
    who = sorted(WHO_MAY["POST", name] - {"nobody"})[-1]
    client = _client(who, cara_customer, enforce_csrf_checks=True)
    outcome = _outcome(_visit(client, "POST", name, order, issue))
    assert outcome == ("in" if name == "webhooks:stripe" else "refused")


@pytest.mark.django_db
def test_an_address_that_does_not_exist_is_not_told_apart_from_a_guarded_one() -> None:
    assert Client().get("/staff/nothing-here/").status_code == 404
