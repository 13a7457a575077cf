from __future__ import annotations

import json
from typing import Any

import pytest
import stripe

from stripe_twin.server import Running
from stripe_twin.webhook_endpoints import OWN

from .conftest import Raw, Receiver


def test_settings_endpoint_is_listed_like_any_other(
    client: stripe.StripeClient, receiver: Receiver
) -> None:
    (own,) = client.v1.webhook_endpoints.list().data

    assert (own.id, own.url, own.status) == (OWN, receiver.url, "enabled")
    assert (own.enabled_events, own.api_version) == (["*"], stripe.api_version)
    assert "secret" not in own


def test_second_endpoint_gets_only_what_it_wants_signed_with_its_own_secret(
    client: stripe.StripeClient, twin: Running, receiver: Receiver
) -> None:
    made = client.v1.webhook_endpoints.create(
        params={
            "url": receiver.url,
            "enabled_events": ["customer.created", "charge.succeeded"],
            "api_version": "2025-01-27.acacia",
            "metadata": {"shop": "1"},
        }
    )
    assert made.secret is not None
    assert made.secret.startswith("whsec_")
    assert "secret" not in client.v1.webhook_endpoints.retrieve(made.id)
    twin.control.misbehave(fault="hold", times=2)

    customer = client.v1.customers.create(params={"name": "Cara"})
    (event,) = client.v1.events.list().data
    assert event.pending_webhooks == 2
    twin.control.deliver()
    twin.control.wait_idle()

    assert (len(receiver.signatures), receiver.forged) == (2, 1)  # "forged": the other secret
    assert receiver.types == ["customer.created"]
    assert receiver.events[0].data.object["id"] == customer.id
    other = next(
        body for body in receiver.bodies if json.loads(body)["api_version"] != stripe.api_version
    )
    signature = receiver.signatures[receiver.bodies.index(other)]
    parsed = stripe.Webhook.construct_event(other, signature, made.secret)
    assert (parsed.id, parsed.api_version) == (event.id, "2025-01-27.acacia")


def test_disabled_endpoint_hears_nothing_until_it_is_enabled(
    client: stripe.StripeClient, twin: Running, receiver: Receiver
) -> None:
    off = client.v1.webhook_endpoints.update(OWN, params={"disabled": True})
    assert off.status == "disabled"
    client.v1.customers.create(params={"name": "Cara"})

    on = client.v1.webhook_endpoints.update(
        OWN,
        params={
            "disabled": False,
            "enabled_events": ["charge.dispute.created", "customer.created"],
        },
    )
    client.v1.customers.create(params={"name": "Dora"})
    client.v1.charges.create(params={"amount": 700, "currency": "gbp", "source": "tok_visa"})

    twin.control.wait_idle()
    assert on.status == "enabled"
    assert [event.data.object["name"] for event in receiver.events] == ["Dora"]
    assert client.v1.events.list(params={"type": "customer.created"}).data[1].pending_webhooks == 0


def test_deleted_endpoint_is_gone_with_what_waited_for_it(
    client: stripe.StripeClient, twin: Running, receiver: Receiver
) -> None:
    twin.control.misbehave(fault="delay", seconds=60)
    client.v1.customers.create(params={"name": "Cara"})

    gone = client.v1.webhook_endpoints.delete(OWN)

    assert gone.deleted
    with pytest.raises(stripe.InvalidRequestError, match="No such webhook endpoint"):
        client.v1.webhook_endpoints.retrieve(OWN)
    twin.control.clock(advance_s=61)
    twin.control.wait_idle()
    assert receiver.types == []
    assert twin.control.state()["webhooks"] == {"dropped": 1}


def test_endpoint_on_another_machine_is_kept_and_never_called(
    client: stripe.StripeClient, twin: Running
) -> None:
    made = client.v1.webhook_endpoints.create(
        params={"url": "https://shop.example/hook", "enabled_events": ["*"]}
    )
    client.v1.customers.create(params={"name": "Cara"})

    twin.control.wait_idle()
    assert client.v1.webhook_endpoints.retrieve(made.id).url == "https://shop.example/hook"
    assert twin.control.state()["webhooks"] == {"delivered": 1}


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({}, "Missing required param: enabled_events."),
        ({"enabled_events": ["*"]}, "Missing required param: url."),
        ({"url": "ftp://x", "enabled_events": ["*"]}, "Not a valid URL"),
        ({"url": "https://x.example/", "enabled_events": ["Boom"]}, "expected an event"),
        (
            {"url": "https://x.example/", "enabled_events": ["*"], "api_version": "new"},
            "Invalid API version: new",
        ),
    ],
)
def test_bad_endpoint_is_refused(client: stripe.StripeClient, params: Any, says: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.webhook_endpoints.create(params=params)

    assert says in str(refusal.value)


def test_there_are_sixteen_endpoints_at_most(raw: Raw) -> None:
    body = "url=https://shop.example/&enabled_events[0]=*"
    statuses = [raw("POST", "/v1/webhook_endpoints", body).status for _ in range(16)]

    assert statuses == [200] * 15 + [400]
