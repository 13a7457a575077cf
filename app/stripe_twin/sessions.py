"""A session's life: open, then complete or expired; and the end of the intent it made."""

from __future__ import annotations

from stripe_twin import charges, objects
from stripe_twin.account import Account
from stripe_twin.errors import StripeError, missing
from stripe_twin.later import Ending
from stripe_twin.store import Json

_CANCELABLE = frozenset(
    {"requires_payment_method", "requires_confirmation", "requires_action", "requires_capture"}
)


class NotPayable(ValueError):
    """The session cannot be paid any more; the message says why."""


def session_of(account: Account, session_id: str) -> Json:
    """The session; a Stripe 404 when there is none."""
    session = account.store.get("checkout.session", session_id)
    if session is None:
        raise missing("checkout.session", session_id, param="session")
    return session


def intent_of(account: Account, session: Json) -> Json | None:
    """The intent that pays for it, once somebody tried. A page that sells a subscription does not
    show it: it belongs to the subscription's first invoice."""
    shown = session["payment_intent"] or session.get("_intent") or ""
    return account.store.get("payment_intent", shown)


def open_session(account: Account, session_id: str) -> Json:
    """The session while it can be paid; NotPayable once it cannot."""
    session = session_of(account, session_id)
    if session["status"] == "complete":
        raise NotPayable("You are all done here: this payment has been made already.")
    if session["status"] == "expired":
        raise NotPayable("This payment page has expired. Go back to the shop and start again.")
    return session


def complete(account: Account, session: Json, *, payment_status: str) -> None:
    """The buyer is done; `payment_status` is paid, or unpaid while a bank decides."""
    session |= {
        "status": "complete",
        "payment_status": payment_status,
        "url": None,
        "customer_details": {
            "address": None,
            "business_name": None,
            "email": session["_email"],
            "individual_name": None,
            "name": None,
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
    }
    account.store.put("checkout.session", session)
    account.announce("checkout.session.completed", session)


def expire(account: Account, session_id: str) -> Json:
    """Close an open session for good; its intent, if any, is canceled."""
    session = session_of(account, session_id)
    if session["status"] != "open":
        raise StripeError(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of `{session['status']}`.",
            param="session",
        )
    intent = intent_of(account, session)
    if intent:
        _cancel(account, intent, reason="automatic")
    session |= {"status": "expired", "url": None}
    account.store.put("checkout.session", session)
    account.announce("checkout.session.expired", session)
    return session


def cancel(account: Account, intent_id: str, *, reason: str | None) -> Json:
    """Cancel an intent no session needs any more; Stripe's refusals otherwise."""
    intent = account.store.get("payment_intent", intent_id)
    if intent is None:
        raise missing("payment_intent", intent_id, param="intent")
    session = account.store.get("checkout.session", intent.get("_session") or "")
    if session and session["status"] == "open":
        raise StripeError(
            "You cannot cancel this PaymentIntent because it was created by a Checkout Session. "
            "Expire the Checkout Session instead.",
            code="payment_intent_unexpected_state",
        )
    if intent["status"] not in _CANCELABLE:
        raise StripeError(
            "You cannot cancel this PaymentIntent because it has a status of "
            f"{intent['status']}. Only a PaymentIntent with one of the following statuses may be "
            f"canceled: {', '.join(sorted(_CANCELABLE))}.",
            code="payment_intent_unexpected_state",
            payment_intent=objects.public(intent),
        )
    return _cancel(account, intent, reason=reason)


def register(account: Account) -> None:
    """Let old sessions end by themselves."""
    account.later.handles(Ending.SESSION_EXPIRES, _expire_if_open)


def _expire_if_open(account: Account, session_id: str) -> None:
    session = account.store.get("checkout.session", session_id)
    if session and session["status"] == "open":
        expire(account, session_id)


def _cancel(account: Account, intent: Json, *, reason: str | None) -> Json:
    held = account.store.get("charge", intent["latest_charge"] or "")
    if held and intent["status"] == "requires_capture":
        charges.let_go(account, held)
    intent |= {
        "status": "canceled",
        "amount_capturable": 0,
        "canceled_at": account.clock.now(),
        "cancellation_reason": reason,
        "next_action": None,
    }
    account.store.put("payment_intent", intent)
    account.announce("payment_intent.canceled", intent)
    return intent
