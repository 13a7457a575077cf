"""Charges made straight from a token, the way that came before payment intents."""

from __future__ import annotations

from stripe_twin import charges, methods, payment_objects
from stripe_twin.account import Account
from stripe_twin.cards import Card
from stripe_twin.errors import StripeError, missing
from stripe_twin.ids import new_id
from stripe_twin.store import Json


def charge(account: Account, *, amount: int, currency: str, source: str, params: Json) -> Json:
    """Take, or hold, the money of a test token such as tok_visa; a declined one is a 402."""
    card = methods.ready_card(source) if source.startswith("tok_") else None
    if card is None:
        raise missing("token", source, param="source", status=400)
    made = _charge(account, amount=amount, currency=currency, card=card, params=params)
    if card.decline:
        charges.fail(made, card.decline)
        account.store.put("charge", made)
        account.announce("charge.failed", made)
        raise methods.declined(card.decline, charge=made["id"])
    capture = params.get("capture", True)
    charges.authorize(account, made, amount_captured=amount if capture else 0)
    account.announce("charge.succeeded", made)
    if capture:
        charges.book(account, made)
    return made


def capture(account: Account, made: Json, *, amount: int | None) -> Json:
    """Take what a charge holds, or less."""
    if made["status"] != "succeeded" or made["captured"] or made["refunded"]:
        raise StripeError(
            f"Charge {made['id']} has already been captured or holds nothing.",
            code="charge_already_captured",
        )
    if made["payment_intent"]:
        raise StripeError(
            f"Charge {made['id']} belongs to a PaymentIntent; capture that one instead.",
        )
    if amount is not None and amount > made["amount"]:
        raise StripeError(
            "The amount to capture is greater than the amount of the charge.",
            code="amount_too_large",
            param="amount",
        )
    made |= {"captured": True, "amount_captured": made["amount"] if amount is None else amount}
    account.store.put("charge", made)
    account.announce("charge.captured", made, previous={"captured": False})
    charges.book(account, made)
    return made


def _charge(account: Account, *, amount: int, currency: str, card: Card, params: Json) -> Json:
    terms = {
        "id": None,
        "amount": amount,
        "currency": currency,
        "customer": params.get("customer"),
        "description": params.get("description"),
        "metadata": params.get("metadata", {}),
        "payment_method": new_id("card"),
        "receipt_email": params.get("receipt_email"),
        "statement_descriptor": params.get("statement_descriptor"),
    }
    made = payment_objects.charge(
        intent=terms,
        method=payment_objects.card_details(card, amount=amount, authenticated=False),
        status="pending",
        email=params.get("receipt_email"),
        now=account.clock.now(),
    )
    made |= {"shipping": params.get("shipping"), "_refund_path": card.refund}
    return made | {"_number": card.number}
