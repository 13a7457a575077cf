"""stripe_twin.versions: a client or an endpoint of an older version sees the older shapes."""

from __future__ import annotations

import json
from typing import Any

import pytest
import stripe

from stripe_twin.server import Running

from .billing.conftest import Billing
from .conftest import Raw, Receiver


@pytest.fixture
def sub(twin: Running, client: stripe.StripeClient) -> Any:
    billing = Billing(twin, client)
    client.v1.coupons.create(params={"id": "TENTH", "percent_off": 10, "duration": "forever"})
    return billing.subscribe(discounts=[{"coupon": "TENTH"}])


def test_an_older_client_sees_the_older_shapes(raw: Raw, sub: Any) -> None:
    path = f"/v1/subscriptions/{sub.id}?expand[]=latest_invoice&expand[]=discounts"
    today = raw("GET", path).json
    basil = raw("GET", path, Stripe_Version="2025-03-31.basil").json
    acacia = raw("GET", path, Stripe_Version="2025-01-27.acacia").json

    [item] = today["items"]["data"]
    assert "current_period_end" not in today
    assert today["discounts"][0]["source"]["coupon"] == "TENTH"
    assert basil["discounts"][0]["coupon"]["percent_off"] == 10
    assert basil["items"]["data"][0]["current_period_end"] == item["current_period_end"]
    assert acacia["current_period_end"] == item["current_period_end"]
    assert "current_period_end" not in acacia["items"]["data"][0]
    assert acacia["latest_invoice"]["subscription"] == sub.id
    assert acacia["latest_invoice"]["payment_intent"].startswith("pi_")
    assert acacia["latest_invoice"]["paid"] is True
    assert raw("GET", path).json == today


def test_an_older_endpoint_is_told_in_its_own_version(
    twin: Running, client: stripe.StripeClient, receiver: Receiver, sub: Any
) -> None:
    client.v1.webhook_endpoints.create(
        params={
            "url": receiver.url,
            "enabled_events": ["customer.subscription.updated"],
            "api_version": "2025-01-27.acacia",
        }
    )
    client.v1.subscriptions.update(sub.id, params={"metadata": {"a": "1"}})
    assert twin.control.wait_idle(timeout_s=10)["idle"]

    told = {
        body["api_version"]: body["data"]["object"]
        for body in map(json.loads, receiver.bodies)
        if body["type"] == "customer.subscription.updated"
    }
    assert set(told) == {stripe.api_version, "2025-01-27.acacia"}
    assert "current_period_end" in told["2025-01-27.acacia"]
    assert "current_period_end" not in told[stripe.api_version]


def test_a_version_that_is_still_to_come_is_refused(raw: Raw) -> None:
    answer = raw("GET", "/v1/charges", Stripe_Version="2199-01-01.zinnia")
    assert answer.status == 400
    assert "Invalid Stripe API version" in answer.error["message"]
