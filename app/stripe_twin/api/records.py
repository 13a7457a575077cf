"""Objects that are only read: balance transactions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stripe_twin.account import Account
from stripe_twin.api.endpoint import Endpoint
from stripe_twin.api.lists import PAGING, page
from stripe_twin.api.params import Spec, Text
from stripe_twin.errors import missing
from stripe_twin.store import Json


def endpoints() -> list[Endpoint]:
    return [
        *_read_only(
            "balance_transaction",
            "/v1/balance_transactions",
            {"currency": Text(), "source": Text(), "type": Text()},
        ),
    ]


def _read_only(kind: str, path: str, filters: Mapping[str, Spec]) -> list[Endpoint]:
    def listed(account: Account, params: Json) -> Json:
        return page(account, kind=kind, url=path, params=params)

    return [
        Endpoint("GET", path, listed, {**PAGING, **filters}),
        Endpoint("GET", f"{path}/<object_id>", _retrieving(kind)),
    ]


def _retrieving(kind: str) -> Callable[..., Json]:
    def retrieve(account: Account, params: Json, object_id: str) -> Json:
        found = account.store.get(kind, object_id)
        if found is None:
            raise missing(kind, object_id)
        return found

    return retrieve
