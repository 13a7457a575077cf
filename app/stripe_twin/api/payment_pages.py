"""/v1/payment_pages: what Stripe's own hosted page calls, and its command line to pay a page."""

from __future__ import annotations

from collections.abc import Mapping

from stripe_twin import methods, payments, sessions
from stripe_twin.account import Account
from stripe_twin.api.endpoint import Endpoint
from stripe_twin.api.params import Spec, Text, Whole
from stripe_twin.errors import StripeError
from stripe_twin.payments import Result
from stripe_twin.sessions import NotPayable
from stripe_twin.store import Json

_ONE = "/v1/payment_pages/<session_id>"


def endpoints() -> list[Endpoint]:
    takes: Mapping[str, Spec] = {
        "eid": Text(),
        "expected_amount": Whole(),
        "payment_method": Text(),
    }
    return [
        Endpoint("GET", _ONE, _retrieve),
        Endpoint("POST", f"{_ONE}/confirm", _confirm, takes, needs=("payment_method",)),
    ]


def _retrieve(account: Account, params: Json, session_id: str) -> Json:
    return sessions.session_of(account, session_id)


def _confirm(account: Account, params: Json, session_id: str) -> Json:
    session = sessions.session_of(account, session_id)
    if params.get("expected_amount", session["amount_total"]) != session["amount_total"]:
        raise StripeError(
            f"The expected amount is not the amount of this session, {session['amount_total']}.",
            param="expected_amount",
        )
    method = methods.use(account, params["payment_method"])
    try:
        result = _pay(account, session_id, method)
    except NotPayable as refusal:
        raise StripeError(str(refusal), code="payment_intent_unexpected_state") from refusal
    if result.decline:
        raise methods.declined(result.decline)
    return session


def _pay(account: Account, session_id: str, method: Json) -> Result:
    email = method["billing_details"]["email"] or ""
    card = methods.card_of(method)
    if card:
        return payments.pay(account, session_id=session_id, card_number=card.number, email=email)
    return payments.pay_later(account, session_id=session_id, succeeds=method["_pays"], email=email)
