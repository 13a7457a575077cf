from __future__ import annotations

from typing import Any

import pytest
import stripe

from stripe_twin.control import Refused
from stripe_twin.server import Running

from .conftest import Raw, Receiver

_BANK = {"type": "bacs_debit", "bacs_debit": {"sort_code": "108800", "account_number": "00012345"}}


def _params(**more: Any) -> Any:
    return {
        "amount": 2000,
        "currency": "gbp",
        "payment_method": "pm_card_visa",
        "payment_method_types": ["card"],
        **more,
    }


def test_confirmed_intent_takes_the_money(
    client: stripe.StripeClient, twin: Running, receiver: Receiver
) -> None:
    intent = client.v1.payment_intents.create(
        params=_params(
            confirm=True,
            metadata={"order": "7"},
            receipt_email="cara@example.com",
            shipping={"name": "Cara", "address": {"line1": "1 High St"}},
            expand=["payment_method", "latest_charge.balance_transaction"],
        )
    )

    assert (intent.status, intent.amount_received) == ("succeeded", 2000)
    assert isinstance(intent.payment_method, stripe.PaymentMethod)
    assert isinstance(intent.latest_charge, stripe.Charge)
    assert (intent.latest_charge.captured, intent.latest_charge.paid) == (True, True)
    assert isinstance(intent.latest_charge.balance_transaction, stripe.BalanceTransaction)
    assert intent.latest_charge.balance_transaction.amount == 2000
    assert intent.shipping is not None
    assert intent.shipping.name == "Cara"
    twin.control.wait_idle()
    assert receiver.types == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
    ]


def test_intent_waits_for_a_method_then_for_its_confirmation(client: stripe.StripeClient) -> None:
    intents = client.v1.payment_intents
    bare = intents.create(params={"amount": 500, "currency": "GBP"})
    assert (bare.status, bare.currency) == ("requires_payment_method", "gbp")
    assert bare.payment_method_types == ["card", "bacs_debit"]
    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
        intents.confirm(bare.id)

    chosen = intents.update(
        bare.id,
        params={"payment_method": "pm_card_visa", "amount": 700, "metadata": {"a": "1", "b": "2"}},
    )
    assert (chosen.status, chosen.amount) == ("requires_confirmation", 700)

    done = intents.confirm(bare.id)
    assert (done.status, done.amount_received) == ("succeeded", 700)
    assert intents.update(bare.id, params={"metadata": {"a": ""}}).metadata.to_dict() == {"b": "2"}
    with pytest.raises(stripe.InvalidRequestError, match="cannot update it") as refusal:
        intents.update(bare.id, params={"amount": 800})
    assert refusal.value.code == "payment_intent_unexpected_state"
    with pytest.raises(stripe.InvalidRequestError, match="status of succeeded"):
        intents.confirm(bare.id)


@pytest.mark.parametrize(
    ("method", "code", "decline"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ],
)
def test_declined_card_is_a_card_error_that_keeps_the_intent(
    client: stripe.StripeClient, method: str, code: str, decline: str
) -> None:
    with pytest.raises(stripe.CardError) as refusal:
        client.v1.payment_intents.create(params=_params(payment_method=method, confirm=True))

    error = refusal.value.error
    assert error is not None
    assert (refusal.value.http_status, error.code, error.decline_code) == (402, code, decline)
    assert error.payment_intent is not None
    left = client.v1.payment_intents.retrieve(error.payment_intent.id)
    assert (left.status, left.latest_charge) == ("requires_payment_method", error.charge)
    assert left.last_payment_error is not None
    assert left.last_payment_error.code == code
    paid = client.v1.payment_intents.confirm(left.id, params={"payment_method": "pm_card_visa"})
    assert paid.status == "succeeded"


@pytest.mark.parametrize(
    ("passed", "status"), [(True, "succeeded"), (False, "requires_payment_method")]
)
def test_authentication_decides(
    client: stripe.StripeClient, twin: Running, passed: bool, status: str
) -> None:
    asked = client.v1.payment_intents.create(
        params=_params(payment_method="pm_card_authenticationRequired", confirm=True)
    )
    assert asked.status == "requires_action"
    assert asked.next_action is not None
    assert asked.next_action.type == "use_stripe_sdk"

    assert twin.control.authenticate(intent=asked.id, passed=passed)["status"] == status

    with pytest.raises(Refused, match=f"status of {status}"):
        twin.control.authenticate(intent=asked.id)


@pytest.mark.parametrize(
    ("pressed", "status"), [("complete", "succeeded"), ("fail", "requires_payment_method")]
)
def test_person_answers_the_banks_question_on_a_page(
    client: stripe.StripeClient, raw: Raw, twin: Running, pressed: str, status: str
) -> None:
    asked = client.v1.payment_intents.create(
        params=_params(
            payment_method="pm_card_threeDSecure2Required",
            confirm=True,
            return_url="http://127.0.0.1:9/back?order=7",
        )
    )
    assert asked.next_action is not None
    assert asked.next_action.redirect_to_url is not None
    page = str(asked.next_action.redirect_to_url.url).removeprefix(twin.address)
    shown = raw("GET", page)
    assert (shown.status, "£20.00" in shown.body) == (200, True)

    answer = raw("POST", page, f"answer={pressed}")

    back = f"http://127.0.0.1:9/back?order=7&payment_intent={asked.id}"
    assert (answer.status, answer.headers["Location"]) == (303, back)
    assert client.v1.payment_intents.retrieve(asked.id).status == status
    assert (raw("GET", page).status, raw("POST", page, "answer=fail").status) == (404, 409)


def test_buyer_who_is_away_cannot_authenticate(client: stripe.StripeClient) -> None:
    asking = _params(payment_method="pm_card_authenticationRequired", confirm=True)

    with pytest.raises(stripe.CardError) as alone:
        client.v1.payment_intents.create(params=asking | {"off_session": True})
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_intents.create(params=asking | {"error_on_requires_action": True})

    assert (alone.value.code, refused.value.code) == ("authentication_required",) * 2


@pytest.mark.parametrize(("asked", "taken"), [(None, 2000), (1200, 1200)])
def test_held_money_is_captured_whole_or_in_part(
    client: stripe.StripeClient,
    twin: Running,
    receiver: Receiver,
    asked: int | None,
    taken: int,
) -> None:
    held = client.v1.payment_intents.create(params=_params(capture_method="manual", confirm=True))
    assert (held.status, held.amount_capturable) == ("requires_capture", 2000)
    with pytest.raises(stripe.InvalidRequestError, match="greater than the amount"):
        client.v1.payment_intents.capture(held.id, params={"amount_to_capture": 2001})

    done = client.v1.payment_intents.capture(
        held.id, params={"amount_to_capture": asked} if asked else {}
    )

    assert (done.status, done.amount_received, done.amount_capturable) == ("succeeded", taken, 0)
    charge = client.v1.charges.retrieve(str(done.latest_charge))
    assert (charge.captured, charge.amount_captured) == (True, taken)
    with pytest.raises(stripe.InvalidRequestError, match="status of succeeded"):
        client.v1.payment_intents.capture(held.id)
    with pytest.raises(stripe.InvalidRequestError, match="greater than"):
        client.v1.refunds.create(params={"payment_intent": held.id, "amount": taken + 1})
    twin.control.wait_idle()
    assert receiver.types == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
        "charge.updated",
    ]


def test_canceled_intent_lets_held_money_go(client: stripe.StripeClient) -> None:
    held = client.v1.payment_intents.create(params=_params(capture_method="manual", confirm=True))

    gone = client.v1.payment_intents.cancel(held.id, params={"cancellation_reason": "abandoned"})

    assert (gone.status, gone.cancellation_reason) == ("canceled", "abandoned")
    charge = client.v1.charges.retrieve(str(held.latest_charge))
    assert (charge.captured, charge.refunded) == (False, True)
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        client.v1.refunds.create(params={"payment_intent": held.id})


@pytest.mark.parametrize(
    ("number", "told", "status"),
    [("00012345", "settle", "succeeded"), ("22222227", "fail", "requires_payment_method")],
)
def test_debit_is_decided_later(
    client: stripe.StripeClient, twin: Running, number: str, told: str, status: str
) -> None:
    bank = {"type": "bacs_debit", "bacs_debit": {**_BANK["bacs_debit"], "account_number": number}}
    params = {
        "amount": 900,
        "currency": "gbp",
        "confirm": True,
        "payment_method_types": ["bacs_debit"],
        "payment_method_data": bank,
        "mandate_data": {"customer_acceptance": {"type": "offline"}},
    }
    intent = client.v1.payment_intents.create(params=params)
    assert intent.status == "processing"

    getattr(twin.control, told)(id=intent.id)

    assert client.v1.payment_intents.retrieve(intent.id).status == status


def test_card_that_disputes_does_so_without_a_page(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create(
        params=_params(payment_method="pm_card_createDispute", confirm=True)
    )

    (dispute,) = client.v1.disputes.list(params={"payment_intent": intent.id}).data
    assert (dispute.amount, dispute.status) == (2000, "needs_response")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"amount": 29}, "Amount must be at least £0.30 gbp"),
        ({"amount": 100_000_000}, "Amount must be no more than £999,999.99 gbp"),
        ({"currency": "zzz"}, "Invalid currency: zzz"),
        ({"customer": "cus_1"}, "No such customer: 'cus_1'"),
        ({"payment_method": "pm_1"}, "No such PaymentMethod: 'pm_1'"),
        ({"payment_method_types": ["bacs_debit"]}, "is not allowed for this PaymentIntent"),
        ({"off_session": True}, "off_session cannot be passed"),
        ({"capture_method": "soon"}, "must be one of automatic"),
        ({"return_url": "javascript:alert(1)"}, "Not a valid URL"),
    ],
)
def test_bad_intent_is_refused(
    client: stripe.StripeClient, change: dict[str, Any], says: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.create(params=_params(**change))

    assert says in str(refusal.value)


def test_automatic_methods_need_a_way_back(client: stripe.StripeClient) -> None:
    params = _params(confirm=True)
    del params["payment_method_types"]
    with pytest.raises(stripe.InvalidRequestError, match="you must provide a `return_url`"):
        client.v1.payment_intents.create(params=params)

    params["automatic_payment_methods"] = {"enabled": True, "allow_redirects": "never"}

    assert client.v1.payment_intents.create(params=params).status == "succeeded"


def test_intent_of_a_session_is_the_sessions_to_pay(
    client: stripe.StripeClient, twin: Running, session: stripe.checkout.Session
) -> None:
    declined = twin.control.pay(session=session.id, card="4000000000000002")["payment_intent"]

    with pytest.raises(stripe.InvalidRequestError, match="created by Checkout"):
        client.v1.payment_intents.confirm(declined["id"], params={"payment_method": "pm_card_visa"})
