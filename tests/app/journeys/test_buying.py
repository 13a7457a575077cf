"""Whole stories, through the shop's own pages and Stripe's payment page, over real HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from audit.models import Entry
from audit.services import verify_chain
from orders.models import Order
from webhooks.models import StripeEvent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def teapot(transactional_db: None) -> Any:
    from catalog.models import Product

    return Product.objects.create(name="Teapot", slug="teapot", price_pennies=2500, currency="GBP")


def pay_at_stripe(page: str, card: str = "4242 4242 4242 4242") -> str:
    """Fill in the card on Stripe's page; where it sends the customer next."""
    assert requests.get(page, timeout=10).status_code == 200
    answer = requests.post(page, data={"number": card}, allow_redirects=False, timeout=10)
    return str(answer.headers.get("Location", ""))


def bought(visit: Any, teapot: Any, events_arrive: Callable[[], None]) -> tuple[Any, Order]:
    """cara_customer bought two teapots for £50.00 and the money arrived."""
    cara = visit("cara_customer")
    order_id = cara.buy(teapot, 2)
    pay_at_stripe(cara.go_to_pay(order_id))
    events_arrive()
    return cara, Order.objects.get(pk=order_id)


def refund(olly: Any, order: Order, amount: str, form_key: str) -> None:
    olly.see(f"/staff/orders/{order.pk}/refund/")
    olly.send(
        f"/staff/orders/{order.pk}/refund/", amount=amount, reason="chipped", form_key=form_key
    )


def test_a_customer_buys(visit: Any, teapot: Any, events_arrive: Callable[[], None]) -> None:
    cara = visit("cara_customer")
    order_id = cara.buy(teapot, 2)
    assert "Pay £50.00" in cara.see(f"/orders/{order_id}/")
    back = pay_at_stripe(cara.go_to_pay(order_id))
    assert back == f"{cara.address}/orders/{order_id}/returned/"
    assert Order.objects.get(pk=order_id).status == "pending"
    events_arrive()
    order = Order.objects.get(pk=order_id)
    assert (order.status, order.captured_pennies) == ("paid", 5000)
    assert [step.target for step in order.history.all()] == ["pending", "paid"]
    assert "Paid, thank you." in cara.see(f"/orders/{order_id}/")
    assert set(StripeEvent.objects.values_list("status", flat=True)) == {"processed", "ignored"}


def test_a_declined_card_can_be_followed_by_a_good_one(
    visit: Any, teapot: Any, events_arrive: Callable[[], None]
) -> None:
    cara = visit("cara_customer")
    order_id = cara.buy(teapot, 1)
    page = cara.go_to_pay(order_id)
    assert pay_at_stripe(page, "4000 0000 0000 0002") == ""
    events_arrive()
    assert "Nothing was taken; try again." in cara.see(f"/orders/{order_id}/")
    assert cara.go_to_pay(order_id) == page
    pay_at_stripe(page)
    events_arrive()
    assert Order.objects.get(pk=order_id).status == "paid"


def test_staff_refund_a_part(visit: Any, teapot: Any, events_arrive: Callable[[], None]) -> None:
    cara, order = bought(visit, teapot, events_arrive)
    refund(visit("olly_ops"), order, "12.50", "0e9c6f5e-9d5e-4f3a-8f5d-0c7a5c8f1a01")
    events_arrive()
    order.refresh_from_db()
    assert (order.status, order.refunded_pennies) == ("paid", 1250)
    assert "£12.50" in cara.see(f"/orders/{order.pk}/")


def test_staff_refund_all_of_it_in_two_parts(
    visit: Any, teapot: Any, events_arrive: Callable[[], None]
) -> None:
    cara, order = bought(visit, teapot, events_arrive)
    olly = visit("olly_ops")
    refund(olly, order, "12.50", "0e9c6f5e-9d5e-4f3a-8f5d-0c7a5c8f1a01")
    refund(olly, order, "37.50", "0e9c6f5e-9d5e-4f3a-8f5d-0c7a5c8f1a02")
    events_arrive()
    order.refresh_from_db()
    assert (order.status, order.refunded_pennies) == ("refunded", 5000)
    assert "All of it was refunded." in cara.see(f"/orders/{order.pk}/")
    actions = list(Entry.objects.order_by("id").values_list("action", flat=True))
    assert actions.count("refund-asked") == actions.count("refund-settled") == 2
    assert verify_chain() is None


def test_a_customer_cancels_and_the_payment_page_is_closed(
    visit: Any, teapot: Any, events_arrive: Callable[[], None]
) -> None:
    cara = visit("cara_customer")
    order_id = cara.buy(teapot, 1)
    page = cara.go_to_pay(order_id)
    cara.see(f"/orders/{order_id}/")
    cara.send(f"/orders/{order_id}/cancel/")
    assert requests.get(page, timeout=10).status_code == 410
    events_arrive()
    order = Order.objects.get(pk=order_id)
    assert (order.status, order.captured_pennies) == ("canceled", 0)
    assert "The order is canceled." in cara.see(f"/orders/{order_id}/")


@pytest.mark.parametrize("fault", ["duplicate", "reorder"])
def test_webhooks_that_come_twice_or_backwards_change_nothing(
    visit: Any, teapot: Any, events_arrive: Callable[[], None], twin: Any, fault: str
) -> None:
    twin.control.misbehave(fault=fault, times=5)
    _, order = bought(visit, teapot, events_arrive)
    assert (order.status, order.captured_pennies, order.history.count()) == ("paid", 5000, 2)
    assert StripeEvent.objects.filter(type="payment_intent.succeeded").count() == 1


def test_a_forged_webhook_gets_nothing_done(
    visit: Any, teapot: Any, events_arrive: Callable[[], None], twin: Any
) -> None:
    twin.control.misbehave(fault="drop", times=10_000, type="*")
    cara, order = bought(visit, teapot, events_arrive)
    forged = {"id": "evt_forged", "type": "payment_intent.succeeded"}
    answer = requests.post(
        f"{cara.address}/webhooks/stripe",
        json=forged,
        headers={"Stripe-Signature": "t=1,v1=00"},
        timeout=10,
    )
    assert answer.status_code == 400
    assert (order.status, StripeEvent.objects.count()) == ("pending", 0)
