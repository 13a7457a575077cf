from __future__ import annotations

import hashlib
import hmac

import pytest
import stripe

from stripe_twin.server import Running
from stripe_twin.settings import NotLoopback
from stripe_twin.webhooks import sign

from .conftest import SECRET, Receiver, cart


def test_signature_is_the_published_scheme() -> None:
    payload = b'{"id": "evt_1"}'
    mark = hmac.new(b"whsec_a", b"1700000000." + payload, hashlib.sha256).hexdigest()

    assert sign(payload, secrets=("whsec_a",), at=1700000000) == f"t=1700000000,v1={mark}"


def test_every_active_secret_signs(twin: Running, receiver: Receiver) -> None:
    twin.control.webhook(url=receiver.url, secrets=["whsec_old", SECRET])

    _make_event(twin)

    assert twin.control.wait_idle()["idle"]
    assert (receiver.types, receiver.forged) == (["customer.created"], 0)
    assert receiver.signatures[0].count("v1=") == 2


def test_refused_webhook_is_tried_again(twin: Running, receiver: Receiver) -> None:
    receiver.answers = [500, 302]

    _make_event(twin)

    assert twin.control.wait_idle()["idle"]
    assert (receiver.refused, receiver.types) == ([500, 302], ["customer.created"])
    assert twin.control.state()["attempts"] == 3


def test_tries_are_bounded_and_a_webhook_can_be_sent_again(
    twin: Running, receiver: Receiver
) -> None:
    receiver.answers = [500] * 4
    _make_event(twin)
    assert twin.control.wait_idle()["idle"]
    assert twin.control.state()["webhooks"] == {"given_up": 1}

    event = twin.account.store.all("event")[0]["id"]
    assert twin.control.deliver(events=[event]) == {"queued": 1}

    assert twin.control.wait_idle()["idle"]
    assert [e.id for e in receiver.events] == [event]


def test_nobody_listening_is_a_refusal_too(twin: Running) -> None:
    twin.control.webhook(url="http://127.0.0.1:9/nobody")

    _make_event(twin)

    assert twin.control.wait_idle()["idle"]
    assert twin.control.state()["webhooks"] == {"given_up": 1}


def test_pending_webhooks_falls_to_zero(
    twin: Running, client: stripe.StripeClient, receiver: Receiver
) -> None:
    twin.control.misbehave(fault="hold")
    _make_event(twin)
    assert client.v1.events.list().data[0].pending_webhooks == 1

    twin.control.deliver()

    twin.control.wait_idle()
    assert client.v1.events.list().data[0].pending_webhooks == 0
    assert receiver.events[0].pending_webhooks == 1


def test_without_an_address_events_are_only_recorded(
    twin: Running, client: stripe.StripeClient, receiver: Receiver
) -> None:
    twin.control.webhook(url="")

    _make_event(twin)

    assert twin.control.wait_idle()["idle"]
    assert (receiver.types, client.v1.events.list().data[0].type) == ([], "customer.created")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "http://10.0.0.1/hook",
        "https://127.0.0.1/hook",
        "http://127.0.0.1.example.com/",
        "http://127.0.0.1:99999/",
        "file:///etc/passwd",
        "nonsense",
        "http://[::1",
        "http://127.0.0.1/ü",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/a\r\nX: y",
    ],
)
def test_any_other_machine_is_refused(twin: Running, url: str) -> None:
    with pytest.raises(NotLoopback, match="webhook URL: found"):
        twin.control.webhook(url=url)


def test_event_shows_the_object_as_it_was(
    twin: Running, client: stripe.StripeClient, receiver: Receiver
) -> None:
    session = client.v1.checkout.sessions.create(params=cart())
    twin.control.pay(session=session.id)
    twin.control.wait_idle()

    created = next(e for e in receiver.events if e.type == "payment_intent.created")

    assert created.data.object["status"] == "requires_payment_method"
    assert created.api_version == stripe.api_version
    assert not [name for name in created.data.object.to_dict() if name.startswith("_")]
    stored = client.v1.events.retrieve(created.id)
    assert stored.data.object.to_dict() == created.data.object.to_dict()


def _make_event(twin: Running) -> None:
    with twin.account.store.change():
        twin.account.announce("customer.created", {"id": "cus_1", "object": "customer"})
