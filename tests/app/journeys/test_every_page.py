"""What every page of the shop has in common, on a shop with something on every page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from monitoring.models import Issue
from refunds import services as refunds
from subscriptions.models import Plan, Start
from subscriptions.services import confirm
from tests.app.subscriptions.conftest import seen

FORM = re.compile(r'<form\b[^>]*\bmethod="post".*?</form>', re.S)


@pytest.fixture
def look(shop: Any, olly_ops: Any, alice_admin: Any) -> Callable[[], dict[str, str]]:
    """Look at every page; their texts, by address and visitor."""
    paid, pending = shop.paid_order(), shop.order()
    olly = shop.actor(olly_ops)
    refunds.issue(order=paid, asked_pennies=6000, reason="chipped", by=olly, now=shop.now)
    issue = Issue.objects.create(
        fingerprint="stock:product:1",
        check_name="stock",
        subject="product:1",
        expected="5",
        actual="4",
        first_seen_at=shop.now,
        last_seen_at=shop.now,
    )
    plan = Plan.objects.create(
        slug="coffee", name="Coffee", price_pennies=1800, currency="GBP", interval="month"
    )
    Start.objects.create(
        plan=plan, customer=shop.customer, idempotency_key="start-1", created_at=shop.now
    )
    subscription = confirm(seen=seen(key="start-1"), now=shop.now)
    basket = {"product": shop.product("Jar").pk, "quantity": 2}
    of_customer = [reverse("orders:detail", args=[order.pk]) for order in (paid, pending)]
    of_staff = [reverse("orders:staff-detail", args=[order.pk]) for order in (paid, pending)]
    visits: list[tuple[Any, list[str]]] = [
        (
            None,
            [
                "/",
                reverse("subscriptions:plans"),
                reverse("orders:basket"),
                reverse("accounts:sign-in"),
            ],
        ),
        (
            shop.customer,
            [
                "/",
                reverse("orders:basket"),
                reverse("orders:mine"),
                reverse("subscriptions:plans"),
                reverse("subscriptions:mine"),
                reverse("orders:returned", args=[pending.pk]),
                *of_customer,
            ],
        ),
        (
            olly_ops,
            [
                reverse("orders:staff-list"),
                reverse("subscriptions:staff-list"),
                reverse("subscriptions:staff-detail", args=[subscription.pk]),
                reverse("monitoring:issues"),
                reverse("monitoring:runbook"),
                reverse("refunds:issue", args=[paid.pk]),
                reverse("monitoring:acknowledge", args=[issue.pk]),
                *of_staff,
            ],
        ),
        (
            alice_admin,
            [
                reverse("catalog:price-list"),
                reverse("catalog:price", args=[paid.lines.get().product_id]),
                reverse("subscriptions:mrr"),
                reverse("analyticsapp:overview"),
                reverse("privacy:people"),
                reverse("privacy:person", args=[shop.customer.pk]),
                reverse("privacy:erase", args=[shop.customer.pk]),
                reverse("privacy:retention"),
                reverse("audit:list"),
                reverse("exports:overview"),
                reverse("accounts:account"),
                reverse("accounts:password"),
                reverse("accounts:role", args=[olly_ops.pk]),
                reverse("accounts:deactivate", args=[olly_ops.pk]),
                reverse("accounts:reactivate", args=[olly_ops.pk]),
                reverse("accounts:reset-factor", args=[olly_ops.pk]),
                reverse("accounts:second-factor-enrol"),
            ],
        ),
    ]

    def look() -> dict[str, str]:
        seen: dict[str, str] = {}
        for person, addresses in visits:
            client = Client()
            if person:
                client.force_login(person)
            client.post(reverse("orders:basket-add"), basket)
            for address in addresses:
                answer = client.get(address)
                assert answer.status_code == 200, address
                seen[f"{address} as {person or 'nobody'}"] = answer.text
        return seen

    return look


def test_every_form_on_every_page_carries_its_token(look: Any) -> None:
    pages = look()
    forms = [(where, form) for where, page in pages.items() for form in FORM.findall(page)]
    assert len(forms) > len(pages)
    assert [where for where, form in forms if 'name="csrfmiddlewaretoken"' not in form] == []


def test_every_page_has_one_heading_a_way_past_the_menu_and_fits_a_phone(look: Any) -> None:
    pages = look()
    for where, page in pages.items():
        assert page.count("<h1>") == 1, where
        assert '<a class="skip" href="#content">' in page, where
        assert 'id="content"' in page, where
        assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page, where


def test_no_page_runs_or_loads_anything_from_elsewhere(look: Any) -> None:
    pages = look()
    for where, page in pages.items():
        assert "<script" not in page, where
        assert re.findall(r'(?:src|href|action)="(?!/|#|\?)[^"]*"', page) == [], where


def test_every_page_says_that_no_real_money_moves(look: Any) -> None:
    pages = look()
    silent = [where for where, page in pages.items() if "Test payments" not in page]
    assert silent == []


@pytest.mark.slow
def test_an_order_shows_its_history_to_customers_and_staff(look: Any) -> None:
    pages = look()
    shown = [page for where, page in pages.items() if re.match(r"/(staff/)?orders/\d+/ as", where)]
    assert len(shown) == 4
    for page in shown:
        history = page.partition('<ol class="history">')[2].partition("</ol>")[0]
        assert "<time " in history
