"""Taking a payment for a session: at once, after 3-D Secure, or days later."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stripe_twin import charges, methods, payment_objects, sessions
from stripe_twin.account import Account
from stripe_twin.billing import sale
from stripe_twin.cards import Card, Decline, find
from stripe_twin.errors import missing
from stripe_twin.later import Ending
from stripe_twin.store import Json

DELAYED_METHODS = {"gbp": "bacs_debit", "eur": "sepa_debit", "usd": "us_bank_account"}
"""The method that answers days later, by currency. Others have none here."""


class Attempt(StrEnum):
    """How pressing Pay ended."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    AUTHENTICATE = "authenticate"
    PROCESSING = "processing"


@dataclass(frozen=True)
class Result:
    attempt: Attempt
    decline: Decline | None = None


def pay(account: Account, *, session_id: str, card_number: str, email: str = "") -> Result:
    """Try a card. Raises sessions.NotPayable, or UnknownCard for anything but a test card."""
    session = sessions.open_session(account, session_id)
    card = find(card_number)
    method = methods.create(account, methods.Wanted(type="card", number=card.number))
    intent = _intent(account, session, method, email=email)
    if intent is None:
        return _keep_card(account, session, method, card)
    if card.authenticates:
        _ask_to_authenticate(account, intent, card)
        return Result(Attempt.AUTHENTICATE)
    return _charge_card(account, session, intent, card, authenticated=False)


def authenticate(account: Account, *, session_id: str, passed: bool) -> Result:
    """Answer the 3-D Secure question of the last `pay`."""
    session = sessions.open_session(account, session_id)
    intent = sessions.intent_of(account, session)
    if intent is None or intent["status"] != "requires_action":
        raise sessions.NotPayable("No card waits for authentication.")
    card = find(intent.pop("_card"))
    intent["next_action"] = None
    if not passed:
        charges.refuse(account, intent, charges.NOT_AUTHENTICATED, charge_id=None)
        return Result(Attempt.DECLINED, charges.NOT_AUTHENTICATED)
    return _charge_card(account, session, intent, card, authenticated=True)


def pay_later(
    account: Account, *, session_id: str, succeeds: bool = True, email: str = ""
) -> Result:
    """Pay by a bank account: the session completes now, the money is decided later."""
    session = sessions.open_session(account, session_id)
    method_type = DELAYED_METHODS.get(session["currency"], "")
    if method_type not in session["payment_method_types"]:
        raise sessions.NotPayable(f"No delayed method takes {session['currency'].upper()} here.")
    method = methods.create(account, methods.Wanted(type=method_type))
    intent = _intent(account, session, method, email=email)
    if intent is None:
        raise sessions.NotPayable("There is nothing to pay now; leave a card for later.")
    email = email or session["customer_email"]
    charges.attempt_bank(account, intent, method_type=method_type, email=email)
    sessions.complete(account, session, payment_status="unpaid")
    ending = Ending.PAYMENT_SUCCEEDS if succeeds else Ending.PAYMENT_FAILS
    account.later.plan(ending, intent["id"], after_s=account.settings.settle_after_s)
    return Result(Attempt.PROCESSING)


def settle(account: Account, intent_id: str, *, succeeded: bool) -> None:
    """Decide a processing payment. Nothing happens to one that is not processing."""
    intent = account.store.get("payment_intent", intent_id)
    if intent is None or intent["status"] != "processing":
        return
    session = account.store.get("checkout.session", intent.get("_session") or "")
    charge = _charge(account, intent["latest_charge"])
    if succeeded:
        charges.take(account, intent, charge)
        if session:
            session["payment_status"] = "paid"
            account.store.put("checkout.session", session)
            account.announce("checkout.session.async_payment_succeeded", session)
        charges.book(account, charge)
        return
    charges.fail(charge, _BANK_REFUSED)
    account.store.put("charge", charge)
    account.announce("charge.failed", charge)
    charges.refuse(account, intent, _BANK_REFUSED, charge_id=charge["id"])
    if session:
        account.announce("checkout.session.async_payment_failed", session)


def register(account: Account) -> None:
    """Let slow payments end by themselves."""
    later = account.later
    later.handles(Ending.PAYMENT_SUCCEEDS, lambda acc, pi: settle(acc, pi, succeeded=True))
    later.handles(Ending.PAYMENT_FAILS, lambda acc, pi: settle(acc, pi, succeeded=False))


def _intent(account: Account, session: Json, method: Json, *, email: str) -> Json | None:
    """The session's intent, made at the first attempt, with a new payment method; None when
    there is nothing to pay today."""
    session["_email"] = email or session["customer_email"]
    intent = sessions.intent_of(account, session)
    if session["mode"] == "subscription":
        intent = sale.begin(account, session, email=email)
        if intent is None:
            return None
    elif intent is None:
        intent = payment_objects.payment_intent(session=session, now=account.clock.now())
        account.store.put("payment_intent", intent)
        session["payment_intent"] = intent["id"]
        account.announce("payment_intent.created", intent)
    intent |= {"payment_method": method["id"], "_method_type": method["type"]}
    intent["next_action"] = None
    account.store.put("payment_intent", intent)
    account.store.put("checkout.session", session)
    return intent


def _keep_card(account: Account, session: Json, method: Json, card: Card) -> Result:
    """Nothing is due today; the card is for the day on which something is."""
    if not card.attaches and card.decline:
        return Result(Attempt.DECLINED, card.decline)
    sale.complete(account, session, method=method["id"])
    sessions.complete(account, session, payment_status="no_payment_required")
    return Result(Attempt.SUCCEEDED)


def _ask_to_authenticate(account: Account, intent: Json, card: Card) -> None:
    page = f"{account.settings.public_url}/c/pay/{intent['_session']}/authenticate"
    intent |= {
        "status": "requires_action",
        "next_action": {
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": None, "url": page},
        },
        "_card": card.number,
    }
    account.store.put("payment_intent", intent)
    account.announce("payment_intent.requires_action", intent)


def _charge_card(
    account: Account, session: Json, intent: Json, card: Card, *, authenticated: bool
) -> Result:
    charge = charges.attempt_card(
        account,
        intent,
        card,
        email=session["_email"],
        authenticated=authenticated,
        decline=card.decline,
    )
    if card.decline:
        return Result(Attempt.DECLINED, card.decline)
    if session["mode"] == "subscription":
        sale.complete(account, session, method=charge["payment_method"])
    sessions.complete(account, session, payment_status="paid")
    charges.book(account, charge)
    return Result(Attempt.SUCCEEDED)


def _charge(account: Account, charge_id: str) -> Json:
    charge = account.store.get("charge", charge_id)
    if charge is None:
        raise missing("charge", charge_id)
    return charge


_BANK_REFUSED = Decline(
    code="payment_intent_payment_attempt_failed",
    decline_code="insufficient_funds",
    message="The bank account has too little money for this payment.",
)
