"""What is done to the money of one order touches no other order."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Model

from orders.models import Order
from payments import gateway
from payments import services as payments
from payments.models import Payment
from refunds import services as refunds
from refunds.models import Refund


def _rows(order: Order) -> list[dict[str, Any]]:
    """Every column of the order, its payments and their refunds."""
    kept: list[Model] = [
        Order.objects.get(pk=order.pk),
        *Payment.objects.filter(order=order),
        *Refund.objects.filter(payment__order=order),
    ]
    return [{k: v for k, v in vars(row).items() if k != "_state"} for row in kept]


@pytest.fixture
def ops(shop: Any, olly_ops: Any) -> Any:
    return shop.actor(olly_ops)


@pytest.fixture
def others(shop: Any, ops: Any) -> list[Order]:
    """One order at each point, and made before and after the one that something is done to."""
    refunded = shop.paid_order(pennies=900)
    refunds.issue(order=refunded, asked_pennies=700, reason="chipped", by=ops, now=shop.now)
    begun = shop.order(pennies=600)
    shop.checkout(begun)
    return [refunded, begun, shop.paid_order(pennies=5000), shop.order()]


def test_a_refund_leaves_other_orders_as_they_are(shop: Any, others: list[Order], ops: Any) -> None:
    order = shop.paid_order()
    later = shop.paid_order()
    before = [_rows(other) for other in (*others, later)]
    refunds.issue(order=order, asked_pennies=6000, reason="chipped", by=ops, now=shop.now)
    shop.deliver()
    assert [_rows(other) for other in (*others, later)] == before
    payment = Payment.objects.get(order=order)
    assert (payment.refunded_pennies, payment.pending_refund_pennies) == (6000, 0)


def test_a_refund_that_waits_reserves_nothing_of_other_orders(
    shop: Any, others: list[Order], ops: Any
) -> None:
    order = shop.paid_order()
    before = [_rows(other) for other in others]
    shop.twin.control.misbehave(fault="cut_before", method="POST", path="/v1/refunds")
    refunds.issue(order=order, asked_pennies=6000, reason="chipped", by=ops, now=shop.now)
    assert [_rows(other) for other in others] == before
    payment = Payment.objects.get(order=order)
    assert (payment.refunded_pennies, payment.pending_refund_pennies) == (0, 6000)


def test_a_cancel_leaves_other_orders_as_they_are(shop: Any, others: list[Order], ops: Any) -> None:
    order = shop.order()
    shop.checkout(order)
    before = [_rows(other) for other in others]
    payments.cancel(order=order, by=ops, reason="asked by phone", now=shop.now)
    assert [_rows(other) for other in others] == before
    assert Order.objects.get(pk=order.pk).status == "canceled"
    page = Payment.objects.get(order=others[1]).stripe_session_id
    assert page
    assert gateway.retrieve_session(page).status == "open"


def test_a_payment_leaves_other_orders_as_they_are(shop: Any, others: list[Order]) -> None:
    before = [_rows(other) for other in others]
    order = shop.paid_order()
    assert [_rows(other) for other in others] == before
    assert Order.objects.get(pk=order.pk).captured_pennies == order.total_pennies
