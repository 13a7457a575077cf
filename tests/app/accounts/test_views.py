"""Signing in and out, and the menu."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

SIGN_IN = reverse("accounts:sign-in")
PASSWORD = "correct horse battery"
pytestmark = pytest.mark.django_db


def _sign_in(username: str, password: str = PASSWORD, **more: str) -> Any:
    form = {"username": username, "password": password, **more}
    return Client().post(SIGN_IN, form)


def test_staff_land_on_the_orders_and_customers_in_the_shop(
    olly_ops: Any, cara_customer: Any
) -> None:
    assert _sign_in("olly_ops")["Location"] == reverse("orders:staff-list")
    assert _sign_in("cara_customer")["Location"] == reverse("catalog:shop-front")


def test_sign_in_goes_on_to_where_the_person_was_going(cara_customer: Any) -> None:
    wanted = reverse("orders:mine")
    assert Client().get(wanted)["Location"] == f"{SIGN_IN}?next={wanted}"
    assert _sign_in("cara_customer", next=wanted)["Location"] == wanted


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", "javascript:1"])
def test_sign_in_never_leads_to_another_site(cara_customer: Any, elsewhere: str) -> None:
    location = _sign_in("cara_customer", next=elsewhere)["Location"]
    assert location == reverse("catalog:shop-front")


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("cara_customer", "wrong"),
        ("nobody", PASSWORD),
        ("", ""),
        ("cara\x00", PASSWORD),
        ("cara_customer", "a\x00b"),
        ("x" * 100_000, PASSWORD),
    ],
)
def test_a_wrong_sign_in_gets_a_sentence(cara_customer: Any, username: str, password: str) -> None:
    page = _sign_in(username, password)
    assert page.status_code == 400
    assert 'role="alert"' in page.text or 'class="wrong"' in page.text


def test_sign_out_ends_the_session(cara_customer: Any) -> None:
    client = Client()
    client.force_login(cara_customer)
    client.post(reverse("accounts:sign-out"))
    assert client.get(reverse("orders:mine")).status_code == 302


def test_the_menu_holds_what_the_role_may_open(cara_customer: Any, ana_analyst: Any) -> None:
    front = reverse("catalog:shop-front")
    menus = {}
    for person in (cara_customer, ana_analyst):
        client = Client()
        client.force_login(person)
        menus[person.username] = client.get(front).text.partition("</nav>")[0]
    assert "My orders" in menus["cara_customer"]
    assert "Issues" not in menus["cara_customer"]
    assert "Issues" in menus["ana_analyst"]
    assert "Audit" not in menus["ana_analyst"]


def test_the_menu_marks_the_page_shown() -> None:
    page = Client().get(reverse("catalog:shop-front")).text
    assert '<a href="/" aria-current="page">Products</a>' in page


def test_a_visitor_has_a_basket_in_the_menu_and_staff_have_none(olly_ops: Any) -> None:
    client = Client()
    link = f'<a href="{reverse("orders:basket")}"'
    assert link in client.get("/").text
    client.force_login(olly_ops)
    assert link not in client.get("/").text
