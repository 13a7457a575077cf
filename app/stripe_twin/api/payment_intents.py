"""/v1/payment_intents"""

from __future__ import annotations

from collections.abc import Mapping

from stripe_twin import intents, methods, sessions
from stripe_twin.account import Account
from stripe_twin.api.endpoint import Endpoint
from stripe_twin.api.lists import PAGING, page
from stripe_twin.api.params import (
    Anything,
    Changed,
    Email,
    Flag,
    Hash,
    ListOf,
    Metadata,
    Spec,
    Text,
    Url,
    Whole,
    laid_over,
)
from stripe_twin.api.payment_methods import wanted
from stripe_twin.api.payment_params import (
    METHOD,
    METHOD_TYPES,
    SHIPPING,
    require_amount,
    require_customer,
)
from stripe_twin.errors import StripeError, invalid_param
from stripe_twin.intents import Confirming
from stripe_twin.payments import DELAYED_METHODS
from stripe_twin.store import Json

_PATH = "/v1/payment_intents"
_REASONS = ("abandoned", "duplicate", "fraudulent", "requested_by_customer")
_CHANGES: Mapping[str, Spec] = {
    "amount": Whole(),
    "currency": Text(longest=3),
    "customer": Text(),
    "description": Text(longest=1000),
    "metadata": Changed(),
    "payment_method": Text(),
    "payment_method_types": ListOf(Text(choices=METHOD_TYPES)),
    "receipt_email": Email(),
    "setup_future_usage": Text(choices=("off_session", "on_session")),
    "shipping": SHIPPING,
    "statement_descriptor": Text(longest=22),
    "statement_descriptor_suffix": Text(longest=22),
}
_CONFIRMING: Mapping[str, Spec] = {
    "error_on_requires_action": Flag(),
    "mandate_data": Anything(),
    "off_session": Flag(),
    "payment_method": Text(),
    "payment_method_data": Hash({**METHOD, "metadata": Metadata()}, required=("type",)),
    "payment_method_options": Anything(),
    "return_url": Url(),
}
_AUTOMATIC = Hash(
    {"enabled": Flag(), "allow_redirects": Text(choices=("always", "never"))},
    required=("enabled",),
)
_CREATING: Mapping[str, Spec] = {
    **_CHANGES,
    **_CONFIRMING,
    "metadata": Metadata(),
    "automatic_payment_methods": _AUTOMATIC,
    "capture_method": Text(choices=("automatic", "automatic_async", "manual")),
    "confirm": Flag(),
    "confirmation_method": Text(choices=("automatic", "manual")),
}


def endpoints() -> list[Endpoint]:
    one = f"{_PATH}/<intent_id>"
    reason = {"cancellation_reason": Text(choices=_REASONS)}
    captured = {"amount_to_capture": Whole(least=1)}
    return [
        Endpoint("POST", _PATH, _create, _CREATING, needs=("amount", "currency")),
        Endpoint("GET", _PATH, _list, {**PAGING, "customer": Text()}),
        Endpoint("GET", one, _retrieve),
        Endpoint("POST", one, _update, _CHANGES),
        Endpoint("POST", f"{one}/confirm", _confirm, _CONFIRMING),
        Endpoint("POST", f"{one}/capture", _capture, captured),
        Endpoint("POST", f"{one}/cancel", _cancel, reason),
    ]


def _create(account: Account, params: Json) -> Json:
    currency = require_amount(params["amount"], params["currency"])
    require_customer(account, params.get("customer"))
    _settle_types(params, currency)
    if not params.get("confirm"):
        for name in ("off_session", "error_on_requires_action", "return_url", "mandate_data"):
            if name in params:
                raise invalid_param(
                    f"The parameter {name} cannot be passed when creating a PaymentIntent unless "
                    "confirm is set to true.",
                    param=name,
                )
    method_id = _method(account, params)
    intent = intents.create(account, amount=params["amount"], currency=currency, params=params)
    if method_id:
        intents.choose(account, intent, method_id)
    return intents.confirm(account, intent, _how(params)) if params.get("confirm") else intent


def _list(account: Account, params: Json) -> Json:
    return page(account, kind="payment_intent", url=_PATH, params=params)


def _retrieve(account: Account, params: Json, intent_id: str) -> Json:
    return intents.find(account, intent_id)


def _update(account: Account, params: Json, intent_id: str) -> Json:
    intent = intents.find(account, intent_id)
    changes: Json = {name: value for name, value in params.items() if name != "expand"}
    if "metadata" in changes:
        changes["metadata"] = laid_over(intent["metadata"], changes["metadata"])
    if changes.keys() & {"amount", "currency"}:
        terms = intent | changes
        changes["currency"] = require_amount(terms["amount"], terms["currency"])
    require_customer(account, changes.get("customer"))
    return intents.update(account, intent, changes)


def _confirm(account: Account, params: Json, intent_id: str) -> Json:
    intent = intents.find(account, intent_id)
    return intents.confirm(account, intent, _how(params, method=_method(account, params)))


def _capture(account: Account, params: Json, intent_id: str) -> Json:
    intent = intents.find(account, intent_id)
    return intents.capture(account, intent, amount=params.get("amount_to_capture"))


def _cancel(account: Account, params: Json, intent_id: str) -> Json:
    return sessions.cancel(account, intent_id, reason=params.get("cancellation_reason"))


def _how(params: Json, *, method: str = "") -> Confirming:
    return Confirming(
        method=method,
        return_url=params.get("return_url", ""),
        alone=params.get("off_session", False),
        refuse_action=params.get("error_on_requires_action", False),
    )


def _method(account: Account, params: Json) -> str:
    """The id of the method that the request names or describes; empty when it does neither."""
    if "payment_method_data" in params:
        described = wanted(params["payment_method_data"], at="payment_method_data")
        return str(methods.create(account, described)["id"])
    return str(params.get("payment_method", ""))


def _settle_types(params: Json, currency: str) -> None:
    """Fill in the methods that may pay; automatic ones need somewhere to send the buyer back."""
    if "payment_method_types" in params:
        return
    automatic = params.get("automatic_payment_methods", {"enabled": True})
    automatic.setdefault("allow_redirects", "always")
    delayed = DELAYED_METHODS.get(currency)
    params["automatic_payment_methods"] = automatic
    params["payment_method_types"] = ["card", delayed] if delayed else ["card"]
    redirects = automatic["enabled"] and automatic["allow_redirects"] == "always"
    if params.get("confirm") and redirects and "return_url" not in params:
        raise StripeError(
            "This PaymentIntent is configured to accept payment methods enabled in your "
            "Dashboard. Because some of these payment methods might redirect your customer off "
            "of your page, you must provide a `return_url`. If you don't want to accept redirect-"
            "based payment methods, set `automatic_payment_methods[enabled]` to `true` and "
            "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents "
            "and Payment Intents.",
            began=False,
        )
