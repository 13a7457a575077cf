"""Subscriptions whose MRR goes through the ledger, as the services write it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from subscriptions import ledger
from subscriptions.models import Subscription


@pytest.fixture
def subscribe(db: None) -> Callable[..., Subscription]:
    """A subscription that is worth so much from a moment on; at 0 it does not count yet."""

    def subscribe(pennies: int, at: datetime, **values: Any) -> Subscription:
        number = Subscription.objects.count() + 1
        given = {
            "stripe_subscription_id": f"sub_{number}",
            "stripe_customer_id": f"cus_{number}",
            "status": "active",
            "currency": "GBP",
            "started_at": at,
            "seen_at": at,
            **values,
        }
        subscription = Subscription.objects.create(**given)
        ledger.record(subscription=subscription, after_pennies=pennies, now=at)
        return subscription

    return subscribe
