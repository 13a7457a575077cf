"""/v1/payment_intents"""

from __future__ import annotations

from stripe_twin import sessions
from stripe_twin.account import Account
from stripe_twin.api.endpoint import Endpoint
from stripe_twin.api.lists import PAGING, page
from stripe_twin.api.params import Text
from stripe_twin.errors import missing
from stripe_twin.store import Json

_PATH = "/v1/payment_intents"
_REASONS = ("abandoned", "duplicate", "fraudulent", "requested_by_customer")


def endpoints() -> list[Endpoint]:
    reason = {"cancellation_reason": Text(choices=_REASONS)}
    return [
        Endpoint("GET", _PATH, _list, {**PAGING, "customer": Text()}),
        Endpoint("GET", f"{_PATH}/<intent_id>", _retrieve),
        Endpoint("POST", f"{_PATH}/<intent_id>/cancel", _cancel, reason),
    ]


def _list(account: Account, params: Json) -> Json:
    return page(account, kind="payment_intent", url=_PATH, params=params)


def _retrieve(account: Account, params: Json, intent_id: str) -> Json:
    intent = account.store.get("payment_intent", intent_id)
    if intent is None:
        raise missing("payment_intent", intent_id, param="intent")
    return intent


def _cancel(account: Account, params: Json, intent_id: str) -> Json:
    return sessions.cancel(account, intent_id, reason=params.get("cancellation_reason"))
