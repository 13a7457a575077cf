"""What every page does with what it did not expect."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import Product
from core.pages import methods, portion

FRONT = reverse("catalog:shop-front")


@pytest.mark.django_db
def test_an_address_that_is_not_there_gets_a_page() -> None:
    page = Client().get("/nope/")
    assert page.status_code == 404
    assert "There is nothing at this address" in page.text


@pytest.mark.django_db
def test_a_role_that_may_not_gets_a_page_that_says_so(cara_customer: Any) -> None:
    client = Client()
    client.force_login(cara_customer)
    page = client.get(reverse("orders:staff-list"))
    assert page.status_code == 403
    assert "You are signed in as cara_customer, and this page is for other roles." in page.text


@pytest.mark.django_db
def test_a_method_that_is_not_used_here_gets_a_page_and_the_right_ones() -> None:
    page = Client().get(reverse("orders:basket-add"))
    assert page.status_code == 405
    assert page["Allow"] == "POST"
    assert "Found GET, expected POST." in page.text


@pytest.mark.django_db
def test_head_comes_with_get() -> None:
    page = Client().head(FRONT)
    assert page.status_code == 200
    assert page.content == b""


@pytest.mark.parametrize(("method", "head"), [("GET", 200), ("POST", 405)])
def test_a_view_with_its_methods_is_a_view(method: str, head: int) -> None:
    view = methods(method)(lambda request: HttpResponse("open"))
    assert view(RequestFactory().generic(method, "/")).content == b"open"
    request = RequestFactory().head("/")
    request.user = AnonymousUser()
    assert view(request).status_code == head


@pytest.mark.django_db
def test_a_form_without_its_token_gets_a_page() -> None:
    page = Client(enforce_csrf_checks=True).post(reverse("orders:basket-add"))
    assert page.status_code == 403
    assert "That form was out of date" in page.text


@pytest.mark.parametrize("status", [400, 500])
def test_pages_for_mistakes_need_nothing_to_be_shown(status: int) -> None:
    page = render_to_string(f"{status}.html")
    assert "<h1>" in page
    assert 'href="/"' in page


@pytest.mark.django_db
def test_a_host_that_is_not_ours_gets_a_page() -> None:
    page = Client().get(FRONT, headers={"host": "example.org"})
    assert page.status_code == 400
    assert "We could not read that request" in page.text


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["x", '"\\000aaaaaaaaaaaaaaaa"', "a" * 4000, "é" * 40])
def test_a_session_that_is_none_is_nobody(value: str) -> None:
    client = Client()
    client.cookies.load("")
    cookie = f"{settings.SESSION_COOKIE_NAME}={value}"
    assert client.get(FRONT, headers={"cookie": cookie}).status_code == 200
    assert client.get(reverse("orders:mine"), headers={"cookie": cookie}).status_code == 302


@pytest.mark.django_db
def test_every_page_has_a_way_past_the_menu_and_one_heading(cara_customer: Any) -> None:
    client = Client()
    client.force_login(cara_customer)
    for name in ("catalog:shop-front", "orders:basket", "orders:mine"):
        page = client.get(reverse(name)).text
        assert '<a class="skip" href="#content">' in page
        assert 'id="content"' in page
        assert page.count("<h1>") == 1
        assert "<script" not in page


@pytest.mark.django_db
def test_pages_load_nothing_from_another_host() -> None:
    page = Client().get(FRONT).text
    assert "http://" not in page
    assert "https://" not in page


@pytest.mark.django_db
@pytest.mark.parametrize(("count", "older"), [(0, False), (5, False), (6, True)])
def test_portion_says_where_to_go_on(count: int, older: bool) -> None:
    Product.objects.bulk_create(
        Product(name=f"P{n}", slug=f"p{n}", price_pennies=1, currency="GBP") for n in range(count)
    )
    with CaptureQueriesContext(connection) as asked:
        page = portion(Product.objects.all(), before=None, size=5)
    assert [query["sql"].endswith("LIMIT 6") for query in asked] == [True]
    keys = [product.pk for product in page.rows]
    assert keys == sorted(keys, reverse=True)
    assert len(keys) == min(count, 5)
    assert page.older == (keys[-1] if older else None)
    assert page.is_first
