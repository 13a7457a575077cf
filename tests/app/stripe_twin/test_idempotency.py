from __future__ import annotations

import threading

import pytest
import stripe

from stripe_twin.idempotency import KEPT_S
from stripe_twin.server import Running

from .conftest import Raw, cart

_REFUND = "/v1/refunds"


def test_same_key_and_params_replay_the_same_answer(
    client: stripe.StripeClient, raw: Raw, paid: stripe.PaymentIntent
) -> None:
    body = f"payment_intent={paid.id}&amount=1000"
    first = raw("POST", _REFUND, body, Idempotency_Key="k1")
    again = raw("POST", _REFUND, body, Idempotency_Key="k1")

    assert (first.status, again.status, again.body) == (200, 200, first.body)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Original-Request"] == first.headers["Request-Id"]
    assert again.headers["Request-Id"] != first.headers["Request-Id"]
    assert len(client.v1.refunds.list().data) == 1


def test_order_of_params_does_not_matter(raw: Raw, paid: stripe.PaymentIntent) -> None:
    first = raw("POST", _REFUND, f"payment_intent={paid.id}&amount=1000", Idempotency_Key="k1")
    again = raw("POST", _REFUND, f"amount=1000&payment_intent={paid.id}", Idempotency_Key="k1")

    assert again.body == first.body


def test_kept_refusal_is_replayed_even_when_it_would_now_succeed(
    twin: Running, raw: Raw, paid: stripe.PaymentIntent
) -> None:
    refund = twin.control.refund_from_dashboard(payment_intent=paid.id)
    body = f"payment_intent={paid.id}&amount=100"
    refused = raw("POST", _REFUND, body, Idempotency_Key="k1")
    assert (refused.status, refused.error["code"]) == (400, "charge_already_refunded")
    twin.control.fail(id=refund["id"])

    assert raw("POST", _REFUND, body, Idempotency_Key="k1").body == refused.body
    assert raw("POST", _REFUND, body, Idempotency_Key="k2").status == 200


def test_declined_card_stays_declined_for_its_key(client: stripe.StripeClient, raw: Raw) -> None:
    body = "amount=900&currency=gbp&confirm=true&payment_method_types[0]=card&payment_method="
    declined = body + "pm_card_chargeDeclined"
    first = raw("POST", "/v1/payment_intents", declined, Idempotency_Key="k1")
    again = raw("POST", "/v1/payment_intents", declined, Idempotency_Key="k1")
    other = raw("POST", "/v1/payment_intents", body + "pm_card_visa", Idempotency_Key="k1")

    assert (first.status, again.status, again.body) == (402, 402, first.body)
    assert (other.status, other.error["type"]) == (400, "idempotency_error")
    assert len(client.v1.charges.list().data) == 1


def test_other_params_are_an_idempotency_error(
    client: stripe.StripeClient, paid: stripe.PaymentIntent
) -> None:
    options: stripe.RequestOptions = {"idempotency_key": "k1"}
    client.v1.refunds.create(params={"payment_intent": paid.id, "amount": 100}, options=options)

    with pytest.raises(stripe.IdempotencyError) as refusal:
        client.v1.refunds.create(params={"payment_intent": paid.id, "amount": 200}, options=options)

    assert refusal.value.http_status == 400
    assert "Try using a key other than 'k1'" in str(refusal.value)


def test_other_endpoint_is_an_idempotency_error(
    client: stripe.StripeClient, paid: stripe.PaymentIntent
) -> None:
    options: stripe.RequestOptions = {"idempotency_key": "k1"}
    client.v1.refunds.create(params={"payment_intent": paid.id, "amount": 100}, options=options)

    with pytest.raises(stripe.IdempotencyError, match="'/v1/checkout/sessions' vs '/v1/refunds'"):
        client.v1.checkout.sessions.create(params=cart(), options=options)


def test_refused_params_keep_nothing(raw: Raw, paid: stripe.PaymentIntent) -> None:
    wrong = raw("POST", _REFUND, f"payment_intent={paid.id}&amount=-1", Idempotency_Key="k1")
    right = raw("POST", _REFUND, f"payment_intent={paid.id}&amount=100", Idempotency_Key="k1")

    assert (wrong.status, right.status) == (400, 200)


def test_second_request_while_the_first_works_is_a_conflict(
    twin: Running, raw: Raw, paid: stripe.PaymentIntent
) -> None:
    twin.control.misbehave(fault="slow_work", path="/v1/refunds", seconds=1.0)
    body = f"payment_intent={paid.id}&amount=100"
    first: list[int] = []
    slow = threading.Thread(
        target=lambda: first.append(raw("POST", _REFUND, body, Idempotency_Key="k1").status)
    )
    slow.start()
    changed = twin.account.store.changed
    with changed:
        assert changed.wait_for(lambda: twin.account.store.get("idempotency", "k1"), 5)

    conflict = raw("POST", _REFUND, body, Idempotency_Key="k1")

    slow.join()
    assert (conflict.status, conflict.error["code"]) == (409, "idempotency_key_in_use")
    assert first == [200]


def test_key_is_forgotten_after_a_day(twin: Running, raw: Raw, paid: stripe.PaymentIntent) -> None:
    body = f"payment_intent={paid.id}&amount=100"
    first = raw("POST", _REFUND, body, Idempotency_Key="k1")
    twin.control.clock(advance_s=KEPT_S - 5)
    assert raw("POST", _REFUND, body, Idempotency_Key="k1").json["id"] == first.json["id"]

    twin.control.clock(advance_s=10)

    assert raw("POST", _REFUND, body, Idempotency_Key="k1").json["id"] != first.json["id"]


def test_long_key_is_refused(raw: Raw) -> None:
    answer = raw("POST", "/v1/customers", "name=Cara", Idempotency_Key="k" * 256)

    assert (answer.status, "at most 255" in answer.error["message"]) == (400, True)
