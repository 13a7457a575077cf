from __future__ import annotations

from dataclasses import replace

import pytest
import stripe

from stripe_twin.control import Refused
from stripe_twin.server import Running, running
from stripe_twin.settings import Settings

from .conftest import Receiver, cart, client_of


def test_card_payment_completes_session_intent_and_charge(
    twin: Running, client: stripe.StripeClient
) -> None:
    params = cart(
        client_reference_id="1042",
        metadata={"order": "1042"},
        payment_intent_data={"metadata": {"order": "1042"}, "description": "Order 1042"},
        customer_email="cara@example.com",
    )
    opened = client.v1.checkout.sessions.create(params=params)
    assert (opened.status, opened.payment_status, opened.payment_intent) == ("open", "unpaid", None)
    assert opened.url == f"{twin.address}/c/pay/{opened.id}"
    assert opened.id.startswith("cs_test_")

    twin.control.pay(session=opened.id)

    done = client.v1.checkout.sessions.retrieve(
        opened.id, params={"expand": ["payment_intent.latest_charge", "line_items"]}
    )
    assert (done.status, done.payment_status, done.amount_total) == ("complete", "paid", 2500)
    assert (done.client_reference_id, done.url, done.livemode) == ("1042", None, False)
    assert done.customer_details is not None
    assert done.customer_details.email == "cara@example.com"
    intent = done.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert (intent.status, intent.amount_received, intent.currency) == ("succeeded", 2500, "gbp")
    assert intent.metadata["order"] == "1042"
    charge = intent.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert (charge.paid, charge.captured, charge.amount_captured) == (True, True, 2500)
    assert (charge.amount_refunded, charge.refunded, charge.description) == (0, False, "Order 1042")
    assert done.line_items is not None
    assert [(li.description, li.quantity) for li in done.line_items.data] == [("Lavender soap", 2)]


def test_card_payment_sends_its_events_in_order(
    twin: Running, receiver: Receiver, session: stripe.checkout.Session
) -> None:
    twin.control.pay(session=session.id)

    assert twin.control.wait_idle() == {"idle": True}
    assert receiver.types == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.updated",
    ]
    completed = receiver.events[3].data.object
    assert (completed["id"], completed["payment_status"]) == (session.id, "paid")
    assert _previous(receiver.events[4]) == {"balance_transaction": None}


def test_declined_card_leaves_the_session_open_for_another(
    twin: Running,
    client: stripe.StripeClient,
    receiver: Receiver,
    session: stripe.checkout.Session,
) -> None:
    answer = twin.control.pay(session=session.id, card="4000000000000002")

    assert (answer["outcome"], answer["message"]) == ("declined", "Your card was declined.")
    intent = client.v1.payment_intents.retrieve(answer["payment_intent"]["id"])
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == "card_declined"
    assert intent.last_payment_error.decline_code == "generic_decline"
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"

    assert twin.control.pay(session=session.id)["payment_intent"]["id"] == intent.id
    twin.control.wait_idle()
    assert receiver.types[:3] == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
    ]
    assert receiver.types.count("payment_intent.created") == 1
    charges = client.v1.charges.list(params={"payment_intent": intent.id}).data
    assert [charge.status for charge in charges] == ["succeeded", "failed"]


@pytest.mark.parametrize(
    ("card", "passed", "outcome"),
    [
        ("4000002500003155", True, "succeeded"),
        ("4000002500003155", False, "declined"),
        ("4000002760003184", True, "succeeded"),
        ("4000008260003178", True, "declined"),
    ],
)
def test_authentication_decides(
    twin: Running,
    receiver: Receiver,
    session: stripe.checkout.Session,
    card: str,
    passed: bool,
    outcome: str,
) -> None:
    assert twin.control.pay(session=session.id, card=card)["outcome"] == "authenticate"

    answer = twin.control.pay(session=session.id, card=card, authenticate=passed)

    assert answer["outcome"] == outcome
    twin.control.wait_idle()
    assert "payment_intent.requires_action" in receiver.types
    assert ("charge.succeeded" in receiver.types) == (outcome == "succeeded")
    assert ("payment_intent.payment_failed" in receiver.types) == (outcome == "declined")


def test_delayed_payment_completes_unpaid_and_settles_later(
    twin: Running,
    client: stripe.StripeClient,
    receiver: Receiver,
    session: stripe.checkout.Session,
) -> None:
    answer = twin.control.pay_later(session=session.id)
    assert (answer["outcome"], answer["session"]["status"]) == ("processing", "complete")
    assert answer["session"]["payment_status"] == "unpaid"
    assert answer["payment_intent"]["status"] == "processing"

    twin.control.settle(id=session.id)

    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    twin.control.wait_idle()
    assert receiver.types == [
        "payment_intent.created",
        "charge.pending",
        "payment_intent.processing",
        "checkout.session.completed",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.async_payment_succeeded",
        "charge.updated",
    ]
    assert receiver.events[3].data.object["payment_status"] == "unpaid"


def test_delayed_payment_can_fail(
    twin: Running,
    client: stripe.StripeClient,
    receiver: Receiver,
    session: stripe.checkout.Session,
) -> None:
    intent = twin.control.pay_later(session=session.id)["payment_intent"]["id"]

    twin.control.fail(id=intent)

    assert client.v1.payment_intents.retrieve(intent).status == "requires_payment_method"
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "unpaid"
    twin.control.wait_idle()
    assert receiver.types[-3:] == [
        "charge.failed",
        "payment_intent.payment_failed",
        "checkout.session.async_payment_failed",
    ]
    with pytest.raises(Refused, match="found requires_payment_method, expected processing"):
        twin.control.settle(id=intent)
    assert client.v1.payment_intents.cancel(intent).status == "canceled"


def test_expired_session_cancels_its_intent_and_takes_no_money(
    twin: Running,
    client: stripe.StripeClient,
    receiver: Receiver,
    session: stripe.checkout.Session,
) -> None:
    twin.control.pay(session=session.id, card="4000000000000002")

    expired = client.v1.checkout.sessions.expire(session.id)

    assert (expired.status, expired.url) == ("expired", None)
    intent = client.v1.payment_intents.retrieve(str(expired.payment_intent))
    assert (intent.status, intent.cancellation_reason) == ("canceled", "automatic")
    with pytest.raises(Refused, match="has expired"):
        twin.control.pay(session=session.id)
    twin.control.wait_idle()
    assert receiver.types[-2:] == ["payment_intent.canceled", "checkout.session.expired"]


def test_complete_session_cannot_expire(
    client: stripe.StripeClient, session: stripe.checkout.Session, paid: stripe.PaymentIntent
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.checkout.sessions.expire(session.id)

    assert refusal.value.http_status == 400
    assert "status of `complete`" in str(refusal.value)


def test_old_session_expires_by_itself(
    twin: Running, receiver: Receiver, session: stripe.checkout.Session
) -> None:
    twin.control.clock(advance_s=24 * 3600 + 1)
    twin.account.store.changed.acquire()
    try:
        assert twin.account.store.changed.wait_for(
            lambda: any(e["type"] == "checkout.session.expired" for e in _events(twin)), timeout=5
        )
    finally:
        twin.account.store.changed.release()
    twin.control.wait_idle()
    assert receiver.types == ["checkout.session.expired"]


def test_intent_of_an_open_session_cannot_be_canceled(
    twin: Running, client: stripe.StripeClient, session: stripe.checkout.Session
) -> None:
    answer = twin.control.pay(session=session.id, card="4000000000000002")

    with pytest.raises(stripe.InvalidRequestError, match="Expire the Checkout Session instead"):
        client.v1.payment_intents.cancel(answer["payment_intent"]["id"])


def test_succeeded_intent_cannot_be_canceled(
    client: stripe.StripeClient, paid: stripe.PaymentIntent
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.cancel(paid.id)

    assert refusal.value.code == "payment_intent_unexpected_state"


def test_session_is_paid_once(twin: Running, session: stripe.checkout.Session) -> None:
    twin.control.pay(session=session.id)

    with pytest.raises(Refused, match="has been made already"):
        twin.control.pay(session=session.id)


def test_yen_have_no_delayed_method(twin: Running, client: stripe.StripeClient) -> None:
    params = cart()
    params["line_items"][0]["price_data"]["currency"] = "jpy"
    session = client.v1.checkout.sessions.create(params=params)

    assert (session.payment_method_types, session.amount_total) == (["card"], 2500)
    with pytest.raises(Refused, match="No delayed method takes JPY"):
        twin.control.pay_later(session=session.id)


def _events(twin: Running) -> list[dict[str, object]]:
    return twin.account.store.all("event")


def _previous(event: stripe.Event) -> dict[str, object]:
    previous = event.data.previous_attributes
    assert previous is not None
    return previous.to_dict()


@pytest.mark.parametrize(("succeeds", "status"), [(True, "paid"), (False, "unpaid")])
def test_delayed_payment_can_decide_itself(
    receiver: Receiver, settings: Settings, succeeds: bool, status: str
) -> None:
    with running(replace(settings, settle_after_s=0.05)) as twin:
        session = client_of(twin).v1.checkout.sessions.create(params=cart())
        twin.control.pay_later(session=session.id, succeeds=succeeds)
        changed = twin.account.store.changed
        with changed:
            assert changed.wait_for(
                lambda: any(".async_payment_" in str(e["type"]) for e in _events(twin)), 5
            )
        assert twin.control.wait_idle()["idle"]
        done = client_of(twin).v1.checkout.sessions.retrieve(session.id)

    assert done.payment_status == status
    ending = "succeeded" if succeeds else "failed"
    assert f"checkout.session.async_payment_{ending}" in receiver.types
