"""Subscriptions whose MRR goes through the ledger, as the services write it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from payments.gateway import DiscountFact, ItemFact, SubscriptionFact
from subscriptions import ledger
from subscriptions.models import Subscription
from subscriptions.services import Seen
from tests.app.conftest import NOW


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


def item_fact(pennies: int | str = 1000, **values: Any) -> ItemFact:
    """£10 a month at Stripe, unless said otherwise."""
    given = {
        "id": "si_1",
        "price_id": "price_1",
        "product_id": "prod_1",
        "unit": Fraction(pennies),
        "quantity": 1,
        "interval": "month",
        "interval_count": 1,
        "is_metered": False,
        "inclusive_tax": Fraction(0),
        "discounts": (),
        **values,
    }
    return ItemFact(**given)


def discount_fact(*, percent: int = 0, off_pennies: int = 0, lasts: bool = True) -> DiscountFact:
    return DiscountFact(lasts, Fraction(percent), off_pennies)


def seen(*items: ItemFact, at: int = 0, **values: Any) -> Seen:
    """An active subscription of these items at Stripe, looked at `at` seconds after NOW."""
    given = {
        "id": "sub_1",
        "customer_id": "cus_1",
        "status": "active",
        "is_paused": False,
        "currency": "GBP",
        "started_at": NOW,
        "period_ends_at": NOW + timedelta(days=30),
        "ends_at": None,
        "ended_at": None,
        "items": items or (item_fact(),),
        "discounts": (),
        "key": "",
        **values,
    }
    return Seen(SubscriptionFact(**given), NOW + timedelta(seconds=at))
