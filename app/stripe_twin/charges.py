"""One attempt to take money: it succeeds, is booked, or is refused."""

from __future__ import annotations

from typing import Any

from stripe_twin import disputes, objects, payment_objects
from stripe_twin.account import Account
from stripe_twin.cards import Card, Decline, find
from stripe_twin.store import Json

NOT_AUTHENTICATED = Decline(
    code="payment_intent_authentication_failure",
    decline_code="",
    message="We are unable to authenticate your payment method. Please choose a different "
    "payment method and try again.",
)


def attempt_card(
    account: Account,
    intent: Json,
    card: Card,
    *,
    email: str | None,
    authenticated: bool,
    decline: Decline | None,
) -> Json:
    """The charge of one try with a card: refused for `decline`, else taken, or held when the
    intent is captured by hand. The caller books what was taken."""
    details = payment_objects.card_details(
        card, amount=intent["amount"], authenticated=authenticated
    )
    charge = payment_objects.charge(
        intent=intent,
        method=details,
        status="failed" if decline else "pending",
        email=email,
        now=account.clock.now(),
    )
    charge |= {"_refund_path": card.refund, "_number": card.number}
    if decline:
        fail(charge, decline)
        account.store.put("charge", charge)
        account.announce("charge.failed", charge)
        refuse(account, intent, decline, charge_id=charge["id"])
    elif intent["capture_method"] == "manual":
        hold(account, intent, charge)
    else:
        take(account, intent, charge)
    return charge


def attempt_bank(account: Account, intent: Json, *, method_type: str, email: str | None) -> Json:
    """The charge of a debit that a bank decides days later."""
    charge = payment_objects.charge(
        intent=intent,
        method=payment_objects.bank_details(method_type),
        status="pending",
        email=email,
        now=account.clock.now(),
    )
    account.store.put("charge", charge)
    intent |= {"status": "processing", "latest_charge": charge["id"], "last_payment_error": None}
    account.store.put("payment_intent", intent)
    account.announce("charge.pending", charge)
    account.announce("payment_intent.processing", intent)
    return charge


def take(account: Account, intent: Json, charge: Json) -> None:
    """The money is ours: charge and intent succeed."""
    authorize(account, charge, amount_captured=charge["amount"])
    _succeed(account, intent, charge)
    account.announce("charge.succeeded", charge)
    account.announce("payment_intent.succeeded", intent)


def hold(account: Account, intent: Json, charge: Json) -> None:
    """The bank keeps the money for us until it is captured or let go."""
    authorize(account, charge, amount_captured=0)
    intent |= {
        "status": "requires_capture",
        "amount_capturable": intent["amount"],
        "latest_charge": charge["id"],
        "last_payment_error": None,
        "next_action": None,
    }
    account.store.put("payment_intent", intent)
    account.announce("charge.succeeded", charge)
    account.announce("payment_intent.amount_capturable_updated", intent)


def capture(account: Account, intent: Json, charge: Json, *, amount: int) -> None:
    """Take what was held, or a part of it; the rest is let go."""
    charge |= {"captured": True, "amount_captured": amount}
    account.store.put("charge", charge)
    _succeed(account, intent, charge)
    account.announce("charge.captured", charge, previous={"captured": False})
    account.announce("payment_intent.succeeded", intent)
    book(account, charge)


def let_go(account: Account, charge: Json) -> None:
    """What was held and never captured goes back to the buyer."""
    charge |= {"amount_refunded": charge["amount"], "refunded": True}
    account.store.put("charge", charge)
    account.announce("charge.refunded", charge)


def authorize(account: Account, charge: Json, *, amount_captured: int) -> None:
    """The bank says yes; 0 captured means that it only holds the money."""
    charge |= {
        "status": "succeeded",
        "paid": True,
        "captured": bool(amount_captured),
        "amount_captured": amount_captured,
        "outcome": payment_objects.outcome("authorized"),
    }
    account.store.put("charge", charge)


def book(account: Account, charge: Json) -> None:
    """Stripe books the money a moment after it took it, hence the later charge.updated.

    The buyers of some test cards complain right after.
    """
    booked = objects.balance_transaction(
        source=charge, amount=charge["amount_captured"], kind="charge", now=account.clock.now()
    )
    account.store.put("balance_transaction", booked)
    charge["balance_transaction"] = booked["id"]
    account.store.put("charge", charge)
    account.announce("charge.updated", charge, previous={"balance_transaction": None})
    card = find(charge["_number"]) if "_number" in charge else None
    if card and card.disputed:
        disputes.open_dispute(account, charge, reason=card.disputed, inquiry=card.inquiry)


def refuse(account: Account, intent: Json, decline: Decline, *, charge_id: str | None) -> None:
    """The attempt failed; the intent waits for another way to pay."""
    error: dict[str, Any] = {
        "code": decline.code,
        "doc_url": f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}",
        "message": decline.message,
        "payment_method": {
            "id": intent["payment_method"],
            "object": "payment_method",
            "type": intent["_method_type"],
        },
        "type": "card_error" if decline.code else "invalid_request_error",
    }
    if charge_id:
        error |= {"charge": charge_id, "decline_code": decline.decline_code}
    intent |= {
        "status": "requires_payment_method",
        "last_payment_error": error,
        "payment_method": None,
        "latest_charge": charge_id or intent["latest_charge"],
    }
    account.store.put("payment_intent", intent)
    account.announce("payment_intent.payment_failed", intent)


def fail(charge: Json, decline: Decline) -> None:
    """The attempt came to nothing, and why."""
    charge |= {
        "status": "failed",
        "failure_code": decline.code,
        "failure_message": decline.message,
        "outcome": payment_objects.outcome("issuer_declined", reason=decline.decline_code),
    }


def _succeed(account: Account, intent: Json, charge: Json) -> None:
    intent |= {
        "status": "succeeded",
        "amount_capturable": 0,
        "amount_received": charge["amount_captured"],
        "latest_charge": charge["id"],
        "last_payment_error": None,
        "next_action": None,
    }
    account.store.put("payment_intent", intent)
