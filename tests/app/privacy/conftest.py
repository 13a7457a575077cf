"""A customer about whom everything is known, and a second one who must not be touched."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.apps import apps

from subscriptions.models import Plan, Start, Subscription
from tests.app.conftest import person
from webhooks.models import StripeEvent


class Known:
    """cara_customer, with names, an order that was paid and given back, a subscription that has
    ended, and what Stripe said of her."""

    words = ("cara", "Caroline", "Quill", "example.org", "Lime Street")

    def __init__(self, shop: Any, now: datetime) -> None:
        self.shop, self.now = shop, now
        self.person = shop.customer
        for name, value in (
            ("first_name", "Caroline"),
            ("last_name", "Quill"),
            ("email", "cara@example.org"),
        ):
            setattr(self.person, name, value)
        self.person.save()

    def buy(self) -> Any:
        """An order of hers, paid and sent."""
        from payments.services import fulfil

        order = self.shop.paid_order()
        ops = person("olly_ops", "ops")
        fulfil(order=order, by=self.shop.actor(ops), reason="packed", now=self.now)
        return order

    def subscribe(self, *, status: str = "canceled") -> Subscription:
        """A subscription of hers, sold on a page of Stripe's."""
        plan = Plan.objects.create(
            slug="coffee", name="Coffee", price_pennies=1800, currency="GBP", interval="month"
        )
        Start.objects.create(
            plan=plan,
            customer=self.person,
            status="completed",
            idempotency_key="start-1",
            stripe_customer_id="cus_77",
            stripe_session_id="cs_77",
            checkout_url="https://checkout.example/cs_77#secret",
            created_at=self.now,
        )
        return Subscription.objects.create(
            stripe_subscription_id="sub_77",
            stripe_customer_id="cus_77",
            customer=self.person,
            status=status,
            currency="GBP",
            started_at=self.now,
            seen_at=self.now,
        )

    def heard(self, object_id: str, **inside: Any) -> StripeEvent:
        """An event about an object at Stripe, with what she typed there."""
        typed = {"name": "Caroline Quill", "email": "cara@example.org", "line1": "1 Lime Street"}
        return StripeEvent.objects.create(
            stripe_id=f"evt_{StripeEvent.objects.count()}",
            type="x",
            livemode=False,
            object_type="x",
            object_id=object_id,
            payload={"data": {"object": {"id": object_id, "billing_details": typed, **inside}}},
            status="processed",
            next_attempt_at=self.now,
            created_at=self.now,
            received_at=self.now,
        )


@pytest.fixture
def known(shop: Any, now: datetime) -> Known:
    return Known(shop, now)


def everything_written() -> dict[str, str]:
    """Every row of every table, as text by table."""
    return {
        model._meta.label: str(list(model._default_manager.values_list()))
        for model in apps.get_models(include_auto_created=True)
    }


def tables_that_name(words: tuple[str, ...]) -> set[tuple[str, str]]:
    """Where in the database any of the words stand."""
    return {
        (table, word)
        for table, text in everything_written().items()
        for word in words
        if word in text
    }
