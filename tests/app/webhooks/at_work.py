"""What the shop believes, and a worker that works until nothing is due."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from orders.models import Order
from payments.models import Payment
from refunds.models import Refund
from webhooks import backoff, worker
from webhooks.models import StripeEvent

LATER = timedelta(hours=2)


def state() -> dict[str, list[Any]]:
    """What the shop believes about money, without times and keys of its own."""
    return {
        "orders": list(
            Order.objects.order_by("id").values_list(
                "status", "captured_pennies", "refunded_pennies"
            )
        ),
        "payments": list(
            Payment.objects.order_by("id").values_list(
                "status",
                "stripe_intent_id",
                "captured_pennies",
                "refunded_pennies",
                "pending_refund_pennies",
            )
        ),
        "refunds": sorted(Refund.objects.values_list("stripe_refund_id", "status")),
    }


def work(shop: Any) -> None:
    """Work until nothing is due, letting the time pass that retries wait."""
    for _ in range(backoff.MOST_ATTEMPTS):
        worker.process_all(clock=lambda: shop.now, rng=random.Random(1))
        shop.now += LATER


def statuses() -> dict[str, str]:
    return dict(StripeEvent.objects.values_list("type", "status"))
