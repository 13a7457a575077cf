"""Payment methods: Stripe's ready-made ones, those made from test numbers, and whose they are.

Source: docs.stripe.com/testing and the testing pages of each bank method.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stripe_twin import cards
from stripe_twin.account import Account
from stripe_twin.cards import Card
from stripe_twin.errors import StripeError, invalid_param, missing
from stripe_twin.method_objects import bank_fields, card_fields, payment_method
from stripe_twin.store import Json

_MADE_READY = {
    "amex": "378282246310005",
    "authenticationRequired": "4000002760003184",
    "authenticationRequiredChargeDeclinedInsufficientFunds": "4000008260003178",
    "authenticationRequiredOnSetup": "4000002500003155",
    "bypassPending": "4000000000000077",
    "chargeCustomerFail": "4000000000000341",
    "chargeDeclined": "4000000000000002",
    "chargeDeclinedExpiredCard": "4000000000000069",
    "chargeDeclinedIncorrectCvc": "4000000000000127",
    "chargeDeclinedInsufficientFunds": "4000000000009995",
    "chargeDeclinedProcessingError": "4000000000000119",
    "createDispute": "4000000000000259",
    "createDisputeInquiry": "4000000000001976",
    "createDisputeProductNotReceived": "4000000000002685",
    "mastercard": "5555555555554444",
    "pendingRefund": "4000000000007726",
    "refundFail": "4000000000005126",
    "threeDSecure2Required": "4000000000003220",
    "visa": "4242424242424242",
    "visa_chargeDeclined": "4000000000000002",
    "visa_chargeDeclinedExpiredCard": "4000000000000069",
    "visa_chargeDeclinedIncorrectCvc": "4000000000000127",
    "visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "visa_chargeDeclinedProcessingError": "4000000000000119",
}
READY_BANKS = {
    "pm_bacsDebit_success": "bacs_debit",
    "pm_usBankAccount_success": "us_bank_account",
    "pm_usBankAccount_insufficientFunds": "us_bank_account",
}
FAILING_ACCOUNTS = frozenset(
    {
        "AT861904300235473202",
        "AT051904300235473205",
        "DE62370400440532013001",
        "IT60X0542811101000000123456",
        "22222227",
        "33333335",
        "000111111113",
        "000111111116",
        "000222222227",
        "000333333335",
    }
)
"""Test accounts whose debits come back; every other account pays."""


@dataclass(frozen=True)
class Wanted:
    """What to make a method of: a card's number or token, or a bank account's number."""

    type: str
    token: str = ""
    number: str = ""
    account: str = ""
    billing: Json | None = None
    metadata: dict[str, str] | None = None


def ready_card(token: str) -> Card | None:
    """The card behind `pm_card_visa`, `tok_visa` and their like; None for any other text."""
    for prefix in ("pm_card_", "tok_"):
        number = _MADE_READY.get(token.removeprefix(prefix)) if token.startswith(prefix) else None
        if number:
            return cards.find(number)
    return None


def create(account: Account, wanted: Wanted) -> Json:
    """A method nobody owns yet."""
    if wanted.type == "card":
        card = _card(wanted)
        details = card_fields(card)
        private: Json = {"_number": card.number}
    else:
        fails = wanted.account in FAILING_ACCOUNTS
        details, private = bank_fields(wanted.type, wanted.account), {"_pays": not fails}
    made = payment_method(
        kind=wanted.type,
        details=details,
        billing=wanted.billing or {},
        metadata=wanted.metadata or {},
        now=account.clock.now(),
    )
    return account.store.put("payment_method", made | private)


def use(account: Account, method_id: str, *, param: str = "payment_method") -> Json:
    """The method, a fresh one when Stripe's ready-made ones are named; a 404 otherwise."""
    if ready_card(method_id):
        return create(account, Wanted(type="card", token=method_id))
    if method_id in READY_BANKS:
        fails = "insufficient" in method_id
        number = "000222222227" if fails else "000123456789"
        return create(account, Wanted(type=READY_BANKS[method_id], account=number))
    return find(account, method_id, param=param)


def find(account: Account, method_id: str, *, param: str = "payment_method") -> Json:
    """The method; a Stripe 404 when there is none."""
    method = account.store.get("payment_method", method_id)
    if method is None:
        raise missing("PaymentMethod", method_id, param=param)
    return method


def attach(account: Account, method_id: str, *, customer: str) -> Json:
    """Keep the method for a customer; refuses a card that cannot be kept."""
    owner = account.store.get("customer", customer)
    if owner is None or owner.get("deleted"):
        raise missing("customer", customer, param="customer", status=400)
    method = use(account, method_id)
    if method.get("_spent") or method["customer"] not in (None, customer):
        raise StripeError(
            "The payment method you provided has already been attached to a customer, or was "
            "detached from one. It may not be used again.",
            param="payment_method",
        )
    card = card_of(method)
    if card and not card.attaches and card.decline:
        raise declined(card.decline)
    method["customer"] = customer
    account.store.put("payment_method", method)
    account.announce("payment_method.attached", method)
    return method


def detach(account: Account, method_id: str) -> Json:
    """The method, no longer anybody's and of no more use."""
    method = find(account, method_id)
    if method["customer"] is None:
        raise StripeError(
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible.",
            param="payment_method",
        )
    previous = {"customer": method["customer"]}
    method |= {"customer": None, "_spent": True}
    account.store.put("payment_method", method)
    account.announce("payment_method.detached", method, previous=previous)
    return method


def card_of(method: Json) -> Card | None:
    """The test card behind a method; None behind a bank account."""
    number = method.get("_number")
    return cards.find(number) if number else None


def declined(decline: cards.Decline, **more: Any) -> StripeError:
    """The answer to a request that needed the money and did not get it."""
    if decline.decline_code:
        more["decline_code"] = decline.decline_code
    return StripeError(decline.message, status=402, kind="card_error", code=decline.code, **more)


def _card(wanted: Wanted) -> Card:
    if wanted.token:
        card = ready_card(wanted.token)
        if card is None:
            raise missing("token", wanted.token, param="card[token]", status=400)
        return card
    try:
        return cards.find(wanted.number)
    except cards.UnknownCard as refusal:
        raise invalid_param(str(refusal), param="card[number]", code="incorrect_number") from None
