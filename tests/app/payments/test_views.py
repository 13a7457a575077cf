"""Paying, coming back from Stripe, canceling and fulfilling, as people do it in a browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from payments.models import Payment

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(cara_customer: Any) -> Client:
    client = Client()
    client.force_login(cara_customer)
    return client


@pytest.fixture
def ops(olly_ops: Any) -> Client:
    client = Client()
    client.force_login(olly_ops)
    return client


def test_pay_sends_the_customer_to_stripes_page(customer: Client, shop: Any) -> None:
    order = shop.order()
    page = customer.post(reverse("orders:pay", args=[order.pk]))
    payment = Payment.objects.get(order=order)
    assert page.status_code == 303
    assert page["Location"] == payment.checkout_url
    assert page["Location"].startswith(shop.twin.address)


def test_pay_pressed_twice_leads_to_one_payment(customer: Client, shop: Any) -> None:
    order = shop.order()
    url = reverse("orders:pay", args=[order.pk])
    assert customer.post(url)["Location"] == customer.post(url)["Location"]
    assert Payment.objects.count() == 1


def test_pay_for_a_paid_order_is_refused_with_a_sentence(customer: Client, shop: Any) -> None:
    order = shop.paid_order()
    page = customer.post(reverse("orders:pay", args=[order.pk]))
    assert page.status_code == 409
    assert f"Order {order.pk}: paid, expected pending; nothing to pay." in page.text


def test_pay_says_when_stripe_does_not_answer(customer: Client, shop: Any, settings: Any) -> None:
    order = shop.order()
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    page = customer.post(reverse("orders:pay", args=[order.pk]))
    assert page.status_code == 503
    assert "Stripe gave no payment page; nothing was charged." in page.text


def test_returned_says_that_it_waits_until_the_webhook_came(customer: Client, shop: Any) -> None:
    order = shop.order()
    shop.twin.control.pay(session=shop.checkout(order).stripe_session_id)
    url = reverse("orders:returned", args=[order.pk])
    waiting = customer.get(url)
    assert "We are waiting for Stripe's confirmation" in waiting.text.replace("&#x27;", "'")
    order.refresh_from_db()
    assert order.status == "pending"
    shop.deliver()
    assert customer.get(url)["Location"] == reverse("orders:detail", args=[order.pk])
    assert "Paid, thank you." in customer.get(url, follow=True).text


def test_cancel_closes_the_order_and_its_payment_page(customer: Client, shop: Any) -> None:
    order = shop.order()
    shop.checkout(order)
    page = customer.post(reverse("orders:cancel", args=[order.pk]), follow=True)
    assert f"Order {order.pk} canceled." in page.text
    assert "Nothing is owed." in page.text
    assert "Pay £" not in page.text


def test_cancel_of_a_paid_order_is_refused_with_a_sentence(customer: Client, shop: Any) -> None:
    order = shop.paid_order()
    page = customer.post(reverse("orders:cancel", args=[order.pk]))
    assert page.status_code == 409
    assert f"Order {order.pk}: paid, cannot become canceled" in page.text
    assert reverse("orders:detail", args=[order.pk]) in page.text


def test_cancel_says_when_stripe_does_not_answer(ops: Client, shop: Any, settings: Any) -> None:
    order = shop.order()
    shop.checkout(order)
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    page = ops.post(reverse("orders:staff-cancel", args=[order.pk]))
    assert page.status_code == 503
    assert "so the order stays open" in page.text
    order.refresh_from_db()
    assert order.status == "pending"


def test_staff_cancel_an_order_nobody_paid(ops: Client, shop: Any) -> None:
    order = shop.order()
    page = ops.post(reverse("orders:staff-cancel", args=[order.pk]), follow=True)
    assert f"Order {order.pk} canceled." in page.text
    assert "Canceled</strong> by olly_ops (ops)" in page.text


def test_fulfil_marks_a_paid_order_and_nothing_else(ops: Client, shop: Any) -> None:
    paid, pending = shop.paid_order(), shop.order()
    page = ops.post(reverse("orders:fulfil", args=[paid.pk]), follow=True)
    assert f"Order {paid.pk} fulfilled." in page.text
    refused = ops.post(reverse("orders:fulfil", args=[pending.pk]))
    assert refused.status_code == 409
    assert f"Order {pending.pk}: pending, cannot become fulfilled" in refused.text


@pytest.mark.parametrize("name", ["orders:pay", "orders:cancel", "orders:returned"])
@pytest.mark.parametrize("key", ["0", str(2**63), "9" * 4000])
def test_an_order_number_that_is_none_is_not_found(customer: Client, name: str, key: str) -> None:
    url = reverse(name, args=[1]).replace("/1/", f"/{key}/")
    answer = customer.get(url) if name == "orders:returned" else customer.post(url)
    assert answer.status_code == 404
