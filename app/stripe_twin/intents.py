"""Payments the shop makes itself, without a Checkout page: made, confirmed, captured.

Source: docs.stripe.com/payments/paymentintents/lifecycle.
"""

from __future__ import annotations

from dataclasses import dataclass

from stripe_twin import charges, methods, objects, payment_objects
from stripe_twin.account import Account
from stripe_twin.cards import Card, Decline
from stripe_twin.errors import StripeError, invalid_param, missing
from stripe_twin.later import Ending
from stripe_twin.store import Json

_CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_UNDECIDED = (*_CONFIRMABLE, "requires_capture")


@dataclass(frozen=True)
class Confirming:
    """How a payment is confirmed. `alone`: its buyer is away and cannot answer 3-D Secure."""

    method: str = ""
    return_url: str = ""
    alone: bool = False
    refuse_action: bool = False


def create(account: Account, *, amount: int, currency: str, params: Json) -> Json:
    """An intent, waiting for a method or for its confirmation."""
    intent = payment_objects.intent(
        amount=amount,
        currency=currency,
        customer=params.get("customer"),
        methods=params["payment_method_types"],
        data=params,
        now=account.clock.now(),
    )
    intent |= {
        "automatic_payment_methods": params.get("automatic_payment_methods"),
        "capture_method": params.get("capture_method", "automatic_async"),
        "confirmation_method": params.get("confirmation_method", "automatic"),
        "statement_descriptor_suffix": params.get("statement_descriptor_suffix"),
    }
    account.store.put("payment_intent", intent)
    account.announce("payment_intent.created", intent)
    return intent


def choose(account: Account, intent: Json, method_id: str) -> Json:
    """The intent with the method that is to pay it."""
    method = methods.use(account, method_id)
    if method["type"] not in intent["payment_method_types"]:
        raise invalid_param(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this "
            "PaymentIntent. Please attach a different PaymentMethod or update the allowed types.",
            param="payment_method",
        )
    if method["customer"] and method["customer"] != intent["customer"]:
        raise StripeError(
            f"The payment method {method['id']} belongs to another customer; name that customer.",
            param="payment_method",
        )
    intent |= {"payment_method": method["id"], "_method_type": method["type"]}
    if intent["status"] == "requires_payment_method":
        intent["status"] = "requires_confirmation"
    return account.store.put("payment_intent", intent)


def confirm(account: Account, intent: Json, how: Confirming) -> Json:
    """Try to take the money; a declined card is a 402 and the intent waits for another method."""
    _require_own(intent)
    if intent["status"] not in _CONFIRMABLE:
        raise _unexpected(intent, "confirm", "it has a status of " + intent["status"])
    if how.method:
        choose(account, intent, how.method)
    if intent["payment_method"] is None:
        raise _unexpected(intent, "confirm", "it's missing a payment method")
    method = methods.find(account, intent["payment_method"])
    intent["next_action"] = None
    card = methods.card_of(method)
    if card is None:
        _debit(account, intent, method)
        return intent
    if how.alone:
        return _charge(account, intent, card, decline=card.decline_alone)
    if card.authenticates and not how.refuse_action:
        return ask(account, intent, card, return_url=how.return_url)
    return _charge(account, intent, card, decline=_ASKS if card.authenticates else card.decline)


def authenticate(account: Account, intent_id: str, *, passed: bool) -> Json:
    """The buyer's answer to 3-D Secure; a refused or declined one leaves the intent unpaid."""
    intent = find(account, intent_id)
    _require_own(intent)
    if intent["status"] != "requires_action":
        raise _unexpected(intent, "authenticate", "it has a status of " + intent["status"])
    card = methods.card_of(methods.find(account, intent["payment_method"]))
    if card is None or not passed:
        charges.refuse(account, intent, charges.NOT_AUTHENTICATED, charge_id=None)
        intent["next_action"] = None
        return account.store.put("payment_intent", intent)
    _take(account, intent, card, decline=card.decline, authenticated=True)
    return intent


def return_url_of(intent: Json) -> str:
    """Where the buyer goes after 3-D Secure, with the intent's id; empty when nowhere."""
    url = str(intent.get("_return_url", ""))
    join = "&" if "?" in url else "?"
    return f"{url}{join}payment_intent={intent['id']}" if url else ""


def capture(account: Account, intent: Json, *, amount: int | None) -> Json:
    """Take what is held, or less."""
    if intent["status"] != "requires_capture":
        raise _unexpected(intent, "capture", "it has a status of " + intent["status"])
    held = int(intent["amount_capturable"])
    if amount is not None and amount > held:
        raise StripeError(
            f"The amount to capture ({amount}) is greater than the amount of the PaymentIntent "
            f"that can be captured ({held}).",
            code="amount_too_large",
            param="amount_to_capture",
        )
    charge = account.store.get("charge", intent["latest_charge"]) or {}
    charges.capture(account, intent, charge, amount=held if amount is None else amount)
    return intent


def update(account: Account, intent: Json, changes: Json) -> Json:
    """The intent with other terms; once it is decided only what says something about it."""
    fixed = sorted(changes.keys() & {"amount", "currency", "customer", "payment_method"})
    if fixed and intent["status"] not in _UNDECIDED:
        raise _unexpected(intent, "update", f"it has a status of {intent['status']}", fixed[0])
    if fixed:
        _require_own(intent)
    method = changes.pop("payment_method", None)
    intent |= changes
    account.store.put("payment_intent", intent)
    return choose(account, intent, method) if method else intent


def find(account: Account, intent_id: str) -> Json:
    """The intent; a Stripe 404 when there is none."""
    intent = account.store.get("payment_intent", intent_id)
    if intent is None:
        raise missing("payment_intent", intent_id, param="intent")
    return intent


def ask(account: Account, intent: Json, card: Card, *, return_url: str) -> Json:
    """Wait for the buyer's answer to 3-D Secure, on a page of its own."""
    page = f"{account.settings.public_url}/c/authenticate/{intent['id']}"
    action: Json = {"type": "use_stripe_sdk", "use_stripe_sdk": {"stripe_js": page}}
    if return_url:
        redirect = {"return_url": return_url, "url": page}
        action = {"type": "redirect_to_url", "redirect_to_url": redirect}
    intent |= {"status": "requires_action", "next_action": action, "_return_url": return_url}
    account.store.put("payment_intent", intent)
    account.announce("payment_intent.requires_action", intent)
    return intent


def _charge(account: Account, intent: Json, card: Card, *, decline: Decline | None) -> Json:
    charge = _take(account, intent, card, decline=decline, authenticated=False)
    if decline:
        raise methods.declined(
            decline,
            charge=charge["id"],
            payment_intent=objects.public(intent),
            payment_method=intent["last_payment_error"]["payment_method"],
        )
    return intent


def _take(
    account: Account, intent: Json, card: Card, *, decline: Decline | None, authenticated: bool
) -> Json:
    charge = charges.attempt_card(
        account,
        intent,
        card,
        email=intent["receipt_email"],
        authenticated=authenticated,
        decline=decline,
    )
    if charge["captured"]:
        charges.book(account, charge)
    return charge


def _debit(account: Account, intent: Json, method: Json) -> None:
    email = intent["receipt_email"] or method["billing_details"]["email"]
    charges.attempt_bank(account, intent, method_type=method["type"], email=email)
    ending = Ending.PAYMENT_SUCCEEDS if method["_pays"] else Ending.PAYMENT_FAILS
    account.later.plan(ending, intent["id"], after_s=account.settings.settle_after_s)


def _require_own(intent: Json) -> None:
    if intent.get("_session"):
        raise StripeError(
            "You cannot perform this action on PaymentIntents created by Checkout. If you wish to "
            "cancel the Checkout Session, expire it instead.",
            code="payment_intent_unexpected_state",
        )


def _unexpected(intent: Json, verb: str, why: str, param: str = "") -> StripeError:
    return StripeError(
        f"This PaymentIntent's {param or 'state'} does not allow this: you cannot {verb} it "
        f"because {why}.",
        code="payment_intent_unexpected_state",
        param=param,
        payment_intent=objects.public(intent),
    )


_ASKS = Decline(
    code="authentication_required",
    decline_code="authentication_not_handled",
    message="This payment required an authentication action to complete, but "
    "`error_on_requires_action` was set. When you're ready, you can upgrade your integration "
    "to handle actions at https://stripe.com/docs/payments/payment-intents/upgrade-to-handle-"
    "actions.",
)
