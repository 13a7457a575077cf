from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import stripe

from stripe_twin.account import Account
from stripe_twin.idempotency import KEPT_S, Answer, begin, keep
from stripe_twin.server import Running
from stripe_twin.settings import Settings
from stripe_twin.store import Json, Store

from .conftest import Raw, cart

_REFUND = "/v1/refunds"
_ANSWER = Answer(200, "{}", "req_1")


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


def test_order_of_metadata_does_not_matter(raw: Raw) -> None:
    path, shop, till = "/v1/customers", "metadata[shop]=1", "metadata[till]=2"
    first = raw("POST", path, f"{shop}&{till}", Idempotency_Key="k1")
    again = raw("POST", path, f"{till}&{shop}", Idempotency_Key="k1")

    assert (first.status, again.body) == (200, first.body)


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
    took_s: list[float] = []

    def ask() -> None:
        began = time.monotonic()
        first.append(raw("POST", _REFUND, body, Idempotency_Key="k1").status)
        took_s.append(time.monotonic() - began)

    slow = threading.Thread(target=ask)
    slow.start()
    changed = twin.account.store.changed
    with changed:
        assert changed.wait_for(lambda: twin.account.store.get("idempotency", "k1"), 5)

    conflict = raw("POST", _REFUND, body, Idempotency_Key="k1")

    slow.join()
    assert (conflict.status, conflict.error["code"]) == (409, "idempotency_key_in_use")
    assert first == [200]
    assert took_s[0] >= 1.0


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
    assert raw("POST", "/v1/customers", "name=Cara", Idempotency_Key="k" * 255).status == 200


def _asked(account: Account) -> Answer | None:
    return begin(account, key="k1", path=_REFUND, params="{}")


def test_key_and_its_answer_are_on_file_at_once(tmp_path: Path) -> None:
    """Whatever happens next, even that the twin is killed."""
    account = Account(Settings(state=tmp_path / "twin.sqlite3"))
    try:
        assert _asked(account) is None
        begun = _on_file(tmp_path)
        assert begun is not None
        assert begun["answer"] is None
        keep(account, key="k1", answer=_ANSWER)
        kept = _on_file(tmp_path)
    finally:
        account.store.close()
    assert kept == begun | {"answer": {"status": 200, "body": "{}", "request_id": "req_1"}}


def _on_file(folder: Path) -> Json | None:
    store = Store(folder / "twin.sqlite3")
    try:
        return store.get("idempotency", "k1")
    finally:
        store.close()


def test_answer_is_kept_until_the_day_is_over_and_no_second_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account, now = Account(Settings()), 1_770_000_000
    for seconds, answer in ((0, None), (KEPT_S - 1, _ANSWER), (KEPT_S, None)):
        monkeypatch.setattr(account.clock, "now", lambda after=seconds: now + after)
        assert _asked(account) == answer
        keep(account, key="k1", answer=_ANSWER)


def test_answer_to_a_key_that_was_forgotten_meanwhile_is_not_kept() -> None:
    account = Account(Settings())
    keep(account, key="k1", answer=_ANSWER)
    assert account.store.get("idempotency", "k1") is None
