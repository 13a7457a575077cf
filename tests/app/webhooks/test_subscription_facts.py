"""webhooks.facts: news of subscriptions, and what only looks like the payment of an order."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from payments import gateway
from payments.services import NotOurs
from subscriptions.models import Plan, Start, Subscription
from tests.app.subscriptions.conftest import seen
from webhooks import facts
from webhooks.models import StripeEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def wish(cara_customer: Any, now: datetime) -> Start:
    """cara_customer looks at a page that sells coffee each month."""
    plan = Plan.objects.create(
        slug="coffee", name="Coffee", price_pennies=1000, currency="GBP", interval="month"
    )
    return Start.objects.create(
        plan=plan, customer=cara_customer, idempotency_key="start-1", created_at=now
    )


@pytest.fixture(autouse=True)
def stripe(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What Stripe has: change it before an event is handled."""
    has: dict[str, Any] = {
        "subscription": seen(key="start-1").fact,
        "session": gateway.CheckoutSession(
            "cs_1", "complete", "paid", "", "", "start-1", subscription_id="sub_1"
        ),
        "intent": gateway.Intent("pi_1", "succeeded", 1000, 1000, "GBP", "", ""),
        "paid_by": "",
    }
    monkeypatch.setattr(gateway, "retrieve_subscription", lambda key: has["subscription"])
    monkeypatch.setattr(gateway, "retrieve_session", lambda key: has["session"])
    monkeypatch.setattr(gateway, "retrieve_intent", lambda key: has["intent"])
    monkeypatch.setattr(gateway, "find_subscription_paid_by", lambda *, intent_id: has["paid_by"])
    return has


def _happens(event_type: str, *, now: datetime) -> None:
    assert facts.handles(event_type)
    event = StripeEvent(type=event_type, object_id="any")
    facts.apply(facts.fetch(event), now=now)


@pytest.mark.parametrize(
    "event_type",
    [
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.deleted",
        "customer.subscription.paused",
        "customer.subscription.resumed",
        "customer.subscription.trial_will_end",
        "checkout.session.completed",
    ],
)
def test_any_news_of_a_subscription_writes_down_what_stripe_has(
    cara_customer: Any, now: datetime, event_type: str
) -> None:
    _happens(event_type, now=now)
    subscription = Subscription.objects.get()
    assert (subscription.customer, subscription.mrr_pennies) == (cara_customer, 1000)
    assert Start.objects.get().status == "completed"


def test_a_page_that_closed_unsold_lets_the_customer_ask_again(
    stripe: dict[str, Any], now: datetime
) -> None:
    stripe["session"] = gateway.CheckoutSession("cs_1", "expired", "unpaid", "", "", "start-1")
    _happens("checkout.session.expired", now=now)
    assert Start.objects.get().status == "expired"


def test_an_intent_that_pays_a_subscriptions_invoice_settles_no_order(
    stripe: dict[str, Any], now: datetime
) -> None:
    stripe["paid_by"] = "sub_1"
    _happens("payment_intent.succeeded", now=now)
    assert Subscription.objects.get().mrr_pennies == 1000


def test_an_intent_that_nobody_knows_is_tried_again_later(now: datetime) -> None:
    with pytest.raises(NotOurs):
        _happens("payment_intent.succeeded", now=now)
    assert not Subscription.objects.exists()
