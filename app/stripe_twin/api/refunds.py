"""/v1/refunds"""

from __future__ import annotations

from collections.abc import Mapping

from stripe_twin import refunds
from stripe_twin.account import Account
from stripe_twin.api.endpoint import Endpoint
from stripe_twin.api.lists import PAGING, page
from stripe_twin.api.params import Changed, Metadata, Spec, Text, Whole, laid_over
from stripe_twin.errors import missing
from stripe_twin.store import Json

_PATH = "/v1/refunds"
_REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def endpoints() -> list[Endpoint]:
    takes: Mapping[str, Spec] = {
        "amount": Whole(least=1),
        "charge": Text(),
        "metadata": Metadata(),
        "payment_intent": Text(),
        "reason": Text(choices=_REASONS),
    }
    return [
        Endpoint("POST", _PATH, _create, takes),
        Endpoint("GET", _PATH, _list, {**PAGING, "charge": Text(), "payment_intent": Text()}),
        Endpoint("GET", f"{_PATH}/<refund_id>", _retrieve),
        Endpoint("POST", f"{_PATH}/<refund_id>", _update, {"metadata": Changed()}),
    ]


def _create(account: Account, params: Json) -> Json:
    asked = {name: value for name, value in params.items() if name != "expand"}
    return refunds.create(account, refunds.Wanted(**asked))


def _list(account: Account, params: Json) -> Json:
    return page(account, kind="refund", url=_PATH, params=params)


def _retrieve(account: Account, params: Json, refund_id: str) -> Json:
    refund = account.store.get("refund", refund_id)
    if refund is None:
        raise missing("refund", refund_id)
    return refund


def _update(account: Account, params: Json, refund_id: str) -> Json:
    refund = _retrieve(account, params, refund_id)
    if "metadata" in params:
        after = laid_over(refund["metadata"], params["metadata"])
        refunds.note(account, refund, metadata=after)
    return refund
