from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from core.refusal import Refused
from orders.models import Order
from payments.models import Payment
from refunds import services
from refunds.models import Refund, RefundStatus


def money(order: Any) -> tuple[int, int, int]:
    """Captured, refunded and reserved pennies of the order's one payment."""
    payment = Payment.objects.get(order=order)
    return payment.captured_pennies, payment.refunded_pennies, payment.pending_refund_pennies


def issue(shop: Any, order: Any, pennies: int, by: Any, **more: Any) -> Refund:
    return services.issue(
        order=order, asked_pennies=pennies, reason="chipped", by=by, now=shop.now, **more
    )


@pytest.fixture
def ops(shop: Any, olly_ops: Any) -> Any:
    return shop.actor(olly_ops)


def test_part_of_the_money_goes_back_and_the_order_stays_paid(shop: Any, ops: Any) -> None:
    order = shop.paid_order()
    refund = issue(shop, order, 3000, ops)
    order.refresh_from_db()
    assert refund.status == RefundStatus.SUCCEEDED
    assert money(order) == (10000, 3000, 0)
    assert (order.status, order.refunded_pennies, order.is_partly_refunded) == ("paid", 3000, True)
