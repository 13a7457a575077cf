"""One attempt to take money: it succeeds, is booked, or is refused."""

from __future__ import annotations

from typing import Any

from stripe_twin import objects, payment_objects
from stripe_twin.account import Account
from stripe_twin.cards import Decline
from stripe_twin.store import Json


def take(account: Account, intent: Json, charge: Json) -> None:
    """The money is ours: charge and intent succeed."""
    charge |= {
        "status": "succeeded",
        "paid": True,
        "captured": True,
        "amount_captured": charge["amount"],
        "outcome": payment_objects.outcome("authorized"),
    }
    account.store.put("charge", charge)
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "latest_charge": charge["id"],
        "last_payment_error": None,
        "next_action": None,
    }
    account.store.put("payment_intent", intent)
    account.announce("charge.succeeded", charge)
    account.announce("payment_intent.succeeded", intent)


def book(account: Account, charge: Json) -> None:
    """Stripe books the money a moment after it took it, hence the later charge.updated."""
    booked = objects.balance_transaction(
        source=charge, amount=charge["amount"], kind="charge", now=account.clock.now()
    )
    account.store.put("balance_transaction", booked)
    charge["balance_transaction"] = booked["id"]
    account.store.put("charge", charge)
    account.announce("charge.updated", charge, previous={"balance_transaction": None})


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
