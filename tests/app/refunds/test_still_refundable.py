"""What the page of an order calls refundable is what the policy would give back now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.models import Order
from payments.models import Payment
from refunds import services
from refunds.order_page import for_staff

pytestmark = pytest.mark.django_db
DISPUTED = "a dispute is open; answer it at Stripe, do not refund."
LOST = "the bank gave £40.00 back in a dispute; nothing more can be refunded."
LATE = "paid more than 30 days ago, refunds were possible until 2026-04-01 12:00 UTC."


def shown(order: Order, viewer: Any, now: datetime) -> list[tuple[int, str]]:
    """Of each payment: what the page calls refundable, and why not all that is left."""
    page = for_staff(order_id=order.pk, viewer=viewer, now=now)
    return [(one.refundable_pennies, one.why_not) for one in page.payments]


def second_payment(order: Order, **amounts: int) -> None:
    """The order's other payment, which came an hour later."""
    first = order.payments.get()
    assert first.succeeded_at
    second = Payment.objects.create(
        order=order,
        currency=first.currency,
        amount_pennies=first.amount_pennies,
        idempotency_key="second",
        created_at=first.created_at,
    )
    Payment.objects.filter(pk=second.pk).update(
        status="succeeded", succeeded_at=first.succeeded_at + timedelta(hours=1), **amounts
    )


@pytest.mark.slow
def test_of_a_payment_that_is_disputed_in_part_nothing_is_refundable_before_it_is_won(
    shop: Any, olly_ops: Any
) -> None:
    order = shop.paid_order()
    assert shown(order, olly_ops, shop.now) == [(10000, "")]
    intent = order.payments.get().stripe_intent_id
    dispute = shop.twin.control.open_dispute(intent=intent, amount=4000)["id"]
    shop.deliver()
    assert shown(order, olly_ops, shop.now) == [(0, f"Order {order.pk}: {DISPUTED}")]
    shop.twin.control.close_dispute(id=dispute, outcome="lost")
    shop.deliver()
    assert shown(order, olly_ops, shop.now) == [(0, f"Order {order.pk}: {LOST}")]
    Payment.objects.update(disputed_pennies=0)  # Won after all.
    assert shown(order, olly_ops, shop.now) == [(10000, "")]


def test_after_the_window_nothing_is_refundable_and_no_button_leads_to_a_refusal(
    shop: Any, olly_ops: Any
) -> None:
    order = shop.paid_order()
    last = shop.now + timedelta(days=30)
    assert shown(order, olly_ops, last) == [(10000, "")]
    assert for_staff(order_id=order.pk, viewer=olly_ops, now=last).may_refund
    late = last + timedelta(seconds=1)
    assert shown(order, olly_ops, late) == [(0, f"Order {order.pk}: {LATE}")]
    assert not for_staff(order_id=order.pk, viewer=olly_ops, now=late).may_refund


def test_where_nothing_is_left_nothing_has_to_be_explained(shop: Any, olly_ops: Any) -> None:
    order = shop.order()
    shop.checkout(order)
    assert shown(order, olly_ops, shop.now) == [(0, "")]
    paid = shop.paid_order()
    Payment.objects.filter(order=paid).update(refunded_pennies=10000)
    assert shown(paid, olly_ops, shop.now) == [(0, "")]


@pytest.mark.slow
def test_the_page_says_of_each_payment_what_the_form_would_give_back(
    shop: Any, olly_ops: Any
) -> None:
    """Also when more is left of one of which nothing can be refunded."""
    order = shop.paid_order()
    Payment.objects.update(disputed_pennies=1)
    second_payment(order, captured_pennies=10000, refunded_pennies=3000)
    for now, why_not in (
        (shop.now, "the bank gave £0.01 back in a dispute; nothing more can be refunded."),
        (shop.now + timedelta(days=400), "the bank gave £0.01 back in a dispute; nothing more"),
    ):
        (first, first_why), second = shown(order, olly_ops, now)
        assert (first, second) == (0, (7000, ""))
        assert first_why.startswith(f"Order {order.pk}: {why_not}")
        assert services.assess(order=order, now=now).refundable_pennies == 7000
    refund = services.issue(
        order=order, asked_pennies=1, reason="chipped", by=shop.actor(olly_ops), now=shop.now
    )
    assert refund.payment.idempotency_key == "second"


@pytest.mark.slow
def test_when_nothing_can_be_refunded_the_payment_that_holds_most_says_why(shop: Any) -> None:
    order = shop.paid_order()
    Payment.objects.update(refunded_pennies=10000)
    second_payment(order, captured_pennies=4000, disputed_pennies=1)
    assert services.assess(order=order, now=shop.now).refused == (
        f"Order {order.pk}: the bank gave £0.01 back in a dispute; nothing more can be refunded."
    )


@pytest.mark.slow
def test_the_page_shows_the_sentence_beside_the_amount(shop: Any, olly_ops: Any) -> None:
    shop.now = timezone.now()
    order = shop.paid_order()
    client = Client()
    client.force_login(olly_ops)
    address = reverse("orders:staff-detail", args=[order.pk])
    assert "<dt>Still refundable</dt><dd>£100.00</dd>" in client.get(address).text
    Payment.objects.update(disputed_pennies=4000)
    page = client.get(address).text
    assert "<dt>Still refundable</dt><dd>£0.00</dd>" in page
    assert f'<p class="quiet">Order {order.pk}: {LOST}</p>' in page
    assert "Refund…" not in page
