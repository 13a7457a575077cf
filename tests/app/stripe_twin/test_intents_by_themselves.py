"""stripe_twin.intents, methods and direct, without a server: what each step does, on file."""

from __future__ import annotations

from typing import Any

import pytest

from stripe_twin import direct, intents, methods
from stripe_twin.errors import StripeError
from stripe_twin.intents import Confirming

from .conftest import Desk

AGAIN = "pm_card_authenticationRequired"  # Asks whenever it pays.
ONCE = "pm_card_authenticationRequiredOnSetup"  # Asks only while its owner is there.


def confirmed(desk: Desk, intent: Any, **how: Any) -> Any:
    return desk.does(intents.confirm, intent, Confirming(**how))


def refused(desk: Desk, act: Any, *args: Any, **options: Any) -> StripeError:
    with pytest.raises(StripeError) as refusal:
        desk.does(act, *args, **options)
    return refusal.value


def test_each_state_that_can_be_confirmed_is(desk: Desk) -> None:
    intent = desk.intent(paid=False)
    assert (
        "missing a payment method" in refused(desk, intents.confirm, intent, Confirming()).message
    )

    assert confirmed(desk, intent, method="pm_card_visa")["status"] == "succeeded"
    assert desk.heard() == ["charge.succeeded", "payment_intent.succeeded", "charge.updated"]
    assert "status of succeeded" in refused(desk, intents.confirm, intent, Confirming()).message


def test_what_was_asked_of_the_buyer_is_over_once_another_card_pays(desk: Desk) -> None:
    intent = desk.intent(paid=False)
    assert confirmed(desk, intent, method=AGAIN)["next_action"]["type"] == "use_stripe_sdk"
    bank = desk.does(methods.create, methods.Wanted(type="bacs_debit", account="00012345"))
    assert confirmed(desk, intent, method=bank["id"])["next_action"] is None
    assert intent["status"] == "processing"


@pytest.mark.parametrize(
    ("method", "how", "code"),
    [
        (AGAIN, {"alone": True}, "authentication_required"),
        (AGAIN, {"refuse_action": True}, "authentication_required"),
        ("pm_card_chargeDeclined", {"refuse_action": True}, "card_declined"),
        ("pm_card_chargeDeclined", {}, "card_declined"),
        ("pm_card_chargeDeclined", {"alone": True}, "card_declined"),
    ],
)
def test_payment_that_cannot_be_made_alone_or_at_all_is_declined(
    desk: Desk, method: str, how: dict[str, bool], code: str
) -> None:
    intent = desk.intent(paid=False)
    refusal = refused(desk, intents.confirm, intent, Confirming(method=method, **how))
    assert (refusal.status, refusal.code) == (402, code)
    assert (intent["status"], intent["payment_method"]) == ("requires_payment_method", None)
    assert desk.heard() == ["charge.failed", "payment_intent.payment_failed"]


def test_buyer_who_is_there_answers_and_one_who_is_away_was_asked_before(desk: Desk) -> None:
    there, away = desk.intent(paid=False), desk.intent(paid=False)
    asked = confirmed(desk, there, method=ONCE, return_url="http://127.0.0.1:9/back?a=1")
    assert asked["status"] == "requires_action"
    assert asked["next_action"]["redirect_to_url"]["return_url"] == "http://127.0.0.1:9/back?a=1"
    assert confirmed(desk, away, method=ONCE, alone=True)["status"] == "succeeded"


@pytest.mark.parametrize("passed", [True, False])
def test_answer_to_3d_secure_decides(desk: Desk, passed: bool) -> None:
    intent = desk.intent(paid=False)
    confirmed(desk, intent, method=AGAIN)
    desk.heard()

    answered = desk.does(intents.authenticate, intent["id"], passed=passed)

    assert answered["next_action"] is None
    assert answered["status"] == ("succeeded" if passed else "requires_payment_method")
    if passed:
        charge = desk.account.store.get("charge", answered["latest_charge"])
        secure = charge["payment_method_details"]["card"]["three_d_secure"]
        assert secure["result"] == "authenticated"
    else:
        code = "payment_intent_authentication_failure"
        assert answered["last_payment_error"]["code"] == code
        assert desk.heard() == ["payment_intent.payment_failed"]
    again = refused(desk, intents.authenticate, intent["id"], passed=passed)
    assert "you cannot authenticate it" in again.message


def test_method_without_a_card_is_not_authenticated(desk: Desk) -> None:
    intent = desk.intent(paid=False)
    bank = desk.does(methods.create, methods.Wanted(type="bacs_debit", account="00012345"))
    desk.does(intents.choose, intent, bank["id"])
    intent["status"] = "requires_action"
    desk.account.store.put("payment_intent", intent)
    assert desk.does(intents.authenticate, intent["id"], passed=True)["status"] == (
        "requires_payment_method"
    )


@pytest.mark.parametrize(
    ("amount", "taken"), [(None, 2500), (2500, 2500), (900, 900), (2501, None)]
)
def test_what_is_held_is_taken_whole_or_in_part_and_no_more(
    desk: Desk, amount: int | None, taken: int | None
) -> None:
    intent = desk.intent(paid=False, capture_method="manual")
    confirmed(desk, intent, method="pm_card_visa")
    assert (intent["status"], intent["amount_capturable"]) == ("requires_capture", 2500)
    desk.heard()

    if taken is None:
        refusal = refused(desk, intents.capture, intent, amount=amount)
        assert (refusal.code, refusal.param) == ("amount_too_large", "amount_to_capture")
        assert intent["status"] == "requires_capture"
        return
    captured = desk.does(intents.capture, intent, amount=amount)
    assert (captured["status"], captured["amount_received"]) == ("succeeded", taken)
    assert desk.heard() == ["charge.captured", "payment_intent.succeeded", "charge.updated"]
    assert "you cannot capture it" in refused(desk, intents.capture, intent, amount=1).message


def test_terms_change_until_the_payment_is_decided(desk: Desk) -> None:
    intent = desk.intent(paid=False)
    changed = desk.does(intents.update, intent, {"amount": 700, "metadata": {"a": "1"}})
    assert (changed["amount"], changed["status"]) == (700, "requires_payment_method")
    chosen = desk.does(intents.update, intent, {"payment_method": "pm_card_visa"})
    assert chosen["status"] == "requires_confirmation"
    assert methods.find(desk.account, chosen["payment_method"])

    confirmed(desk, intent)
    late = refused(desk, intents.update, intent, {"metadata": {}, "currency": "eur", "amount": 800})
    assert late.param == "amount"
    assert desk.does(intents.update, intent, {"metadata": {"b": "2"}})["metadata"] == {"b": "2"}


def test_intent_of_a_checkout_page_is_left_to_its_page(desk: Desk) -> None:
    intent = desk.intent(paid=False) | {"_session": "cs_1"}
    desk.does(lambda account: account.store.put("payment_intent", intent))
    for act in (
        lambda: refused(desk, intents.confirm, intent, Confirming(method="pm_card_visa")),
        lambda: refused(desk, intents.authenticate, intent["id"], passed=True),
        lambda: refused(desk, intents.update, intent, {"amount": 800}),
    ):
        assert "created by Checkout" in act().message
    assert desk.does(intents.update, intent, {"metadata": {"a": "1"}})["metadata"] == {"a": "1"}


def kept_for(desk: Desk, method: str, customer: str = "cus_1", **owner: Any) -> Any:
    desk.does(lambda account: account.store.put("customer", {"id": "cus_1", **owner}))
    return desk.does(methods.attach, method, customer=customer)


def test_method_is_kept_for_one_customer(desk: Desk) -> None:
    desk.heard()
    kept = kept_for(desk, "pm_card_visa")
    assert kept["customer"] == "cus_1"
    assert desk.heard() == ["payment_method.attached"]
    assert kept_for(desk, kept["id"]) == kept
    made = desk.does(methods.create, methods.Wanted(type="card", token="pm_card_visa"))
    assert kept_for(desk, made["id"])["id"] == made["id"]
    # This one can be kept, whatever becomes of its payments.
    assert kept_for(desk, "pm_card_chargeCustomerFail")["customer"] == "cus_1"


@pytest.mark.parametrize(
    ("method", "customer", "owner", "message"),
    [
        ("pm_card_visa", "cus_2", {}, "No such customer: 'cus_2'"),
        ("pm_card_visa", "cus_1", {"deleted": True}, "No such customer: 'cus_1'"),
        ("pm_card_chargeDeclined", "cus_1", {}, "Your card was declined."),
    ],
)
def test_nothing_is_kept_for_nobody_nor_a_card_that_cannot_be_kept(
    desk: Desk, method: str, customer: str, owner: dict[str, bool], message: str
) -> None:
    with pytest.raises(StripeError) as refusal:
        kept_for(desk, method, customer, **owner)
    assert refusal.value.message == message
    assert desk.heard() == []


def test_method_of_somebody_else_or_one_let_go_is_not_kept(desk: Desk) -> None:
    for changes in ({"customer": "cus_9"}, {"_spent": True}):
        method = (
            desk.does(methods.create, methods.Wanted(type="card", token="pm_card_visa")) | changes
        )
        desk.does(lambda account, method=method: account.store.put("payment_method", method))
        with pytest.raises(StripeError, match="may not be used again"):
            kept_for(desk, method["id"])


def charged(desk: Desk, source: str, **params: Any) -> Any:
    return desk.does(direct.charge, amount=900, currency="gbp", source=source, params=params)


@pytest.mark.parametrize(
    ("params", "captured", "told"),
    [
        ({}, 900, ["charge.succeeded", "charge.updated"]),
        ({"capture": False}, 0, ["charge.succeeded"]),
    ],
)
def test_token_is_charged_or_its_money_held(
    desk: Desk, params: Any, captured: int, told: list[str]
) -> None:
    made = charged(desk, "tok_visa", **params)
    assert (made["status"], made["amount_captured"]) == ("succeeded", captured)
    assert made["captured"] is bool(captured)
    assert desk.heard() == told


def test_token_that_is_declined_leaves_a_failed_charge(desk: Desk) -> None:
    with pytest.raises(StripeError) as refusal:
        charged(desk, "tok_chargeDeclined")
    (failed,) = desk.account.store.all("charge")
    assert (failed["status"], failed["failure_code"]) == ("failed", "card_declined")
    assert (refusal.value.status, refusal.value.code) == (402, "card_declined")
    assert desk.heard() == ["charge.failed"]


@pytest.mark.parametrize("source", ["tok_unheard_of", "pm_card_visa"])
def test_what_is_no_token_is_missing(desk: Desk, source: str) -> None:
    with pytest.raises(StripeError, match=f"No such token: '{source}'") as refusal:
        charged(desk, source)
    assert refusal.value.status == 400
    assert desk.account.store.all("charge") == []
