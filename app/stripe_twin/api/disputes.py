"""/v1/disputes"""

from __future__ import annotations

from collections.abc import Mapping

from stripe_twin import disputes
from stripe_twin.account import Account
from stripe_twin.api.endpoint import Endpoint
from stripe_twin.api.lists import PAGING, page
from stripe_twin.api.params import Changed, Flag, Hash, Spec, Text, Unsettable, laid_over
from stripe_twin.dispute_objects import EVIDENCE
from stripe_twin.store import Json

_PATH = "/v1/disputes"


def endpoints() -> list[Endpoint]:
    filters: Mapping[str, Spec] = {"charge": Text(), "payment_intent": Text()}
    takes: Mapping[str, Spec] = {
        "evidence": Hash(dict.fromkeys(EVIDENCE, Unsettable(longest=20_000))),
        "metadata": Changed(),
        "submit": Flag(),
    }
    return [
        Endpoint("GET", _PATH, _list, {**PAGING, **filters}),
        Endpoint("GET", f"{_PATH}/<dispute_id>", _retrieve),
        Endpoint("POST", f"{_PATH}/<dispute_id>", _update, takes),
        Endpoint("POST", f"{_PATH}/<dispute_id>/close", _close),
    ]


def _list(account: Account, params: Json) -> Json:
    return page(account, kind="dispute", url=_PATH, params=params)


def _retrieve(account: Account, params: Json, dispute_id: str) -> Json:
    return disputes.find(account, dispute_id)


def _update(account: Account, params: Json, dispute_id: str) -> Json:
    dispute = disputes.find(account, dispute_id)
    metadata = dispute["metadata"]
    if "metadata" in params:
        metadata = laid_over(metadata, params["metadata"])
    return disputes.answer(
        account,
        dispute_id,
        evidence=params.get("evidence", {}),
        metadata=metadata,
        submit=params.get("submit", True),
    )


def _close(account: Account, params: Json, dispute_id: str) -> Json:
    return disputes.accept(account, dispute_id)
