"""monitoring.checks: what looks odd in a shop and is in order opens no issue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from orders.models import OrderTransition
from refunds.models import Refund
from tests.app.monitoring.mismatches.mismatch import LOCAL, OLD
from tests.app.monitoring.mismatches.money import _canceled, _disputed, _lost, _refunded
from tests.app.monitoring.mismatches.stuck import _event, _waits

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "plant",
    [
        lambda shop: _event(shop, received_at=shop.now - timedelta(minutes=15)),
        lambda shop: _event(shop, status="ignored"),
        lambda shop: _event(shop, status="processed"),
        lambda shop: shop.change(
            shop.refunds["pending"],
            status="requested",
            requested_at=shop.now - timedelta(minutes=15),
        ),
        lambda shop: shop.change(
            shop.refunds["pending"], requested_at=shop.now - timedelta(days=14)
        ),
        lambda shop: shop.change(shop.refunds["succeeded"], requested_at=OLD),
        lambda shop: shop.pay(status="canceled", amount_pennies=2500),
        lambda shop: shop.pay(status="processing", amount_pennies=2500),
        lambda shop: _waits(shop, days=8.99),
        lambda shop: _waits(shop, days=30, status="processing", hours=13 * 24),
        lambda shop: _waits(shop, days=30, status="created", hours=24),
        lambda shop: _disputed(shop, status="warning_under_review", amount_pennies=2500),
        lambda shop: _lost(shop, 1000),
        lambda shop: _lost(shop, 2500, ago=timedelta(days=30)),
    ],
    ids=[
        "event of 15 minutes",
        "ignored event",
        "processed event",
        "refund asked 15 minutes ago",
        "refund of 14 days",
        "settled refund",
        "given-up payment",
        "payment under way",
        "order not paid for 8 days",
        "payment that a bank works on",
        "page opened a day ago",
        "inquiry after a refund",
        "chargeback lost of what was not refunded",
        "money lost twice a month ago",
    ],
)
def test_what_is_still_in_order_is_no_mismatch(
    shop: Any, now: datetime, plant: Callable[[Any], object]
) -> None:
    plant(shop)
    assert [found for check in LOCAL for found in check.find(now)] == []


@pytest.mark.parametrize("status", ["pending", "canceled"])
def test_an_order_that_was_never_paid_needs_no_payment(
    shop: Any, now: datetime, status: str
) -> None:
    with shop.unguarded():
        OrderTransition.objects.all().delete()
        for refund in shop.refunds.values():
            refund.delete()
        shop.payment.delete()
    if status == "canceled":
        shop.remember("pending", "canceled")
    shop.change(shop.order, status=status, captured_pennies=0, refunded_pennies=0)
    assert [found for check in LOCAL for found in check.find(now)] == []


def test_a_second_payment_that_went_back_is_no_mismatch(shop: Any, now: datetime) -> None:
    second = shop.pay(amount_pennies=100, captured_pennies=100, refunded_pennies=100)
    shop.refund("succeeded", 100, second)
    shop.change(shop.order, captured_pennies=2600, refunded_pennies=1100)
    assert [found for check in LOCAL for found in check.find(now)] == []


def test_a_canceled_order_whose_late_money_went_back_is_no_mismatch(
    shop: Any, now: datetime
) -> None:
    _refunded(shop, 2500, 0)
    _canceled(shop)
    assert [found for check in LOCAL for found in check.find(now)] == []


def test_an_order_that_was_refunded_in_full_is_no_mismatch(shop: Any, now: datetime) -> None:
    _refunded(shop, 2500, 0)
    shop.change(shop.order, status="refunded")
    shop.remember("paid", "refunded")
    assert [found for check in LOCAL for found in check.find(now)] == []


def test_a_chargeback_of_what_was_not_refunded_is_no_mismatch(shop: Any, now: datetime) -> None:
    with shop.unguarded():
        Refund.objects.all().delete()
    shop.change(shop.payment, refunded_pennies=0, pending_refund_pennies=0)
    shop.change(shop.order, refunded_pennies=0)
    _disputed(shop, status="needs_response", amount_pennies=2500)
    shop.change(shop.payment, disputed_pennies=2500)
    assert [found for check in LOCAL for found in check.find(now)] == []
