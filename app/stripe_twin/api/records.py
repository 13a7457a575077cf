"""Objects that are only read: charges, events, balance transactions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stripe_twin.account import Account
from stripe_twin.api.endpoint import Endpoint
from stripe_twin.api.lists import PAGING, page
from stripe_twin.api.params import ListOf, Spec, Text
from stripe_twin.errors import invalid_param, missing
from stripe_twin.store import Json


def endpoints() -> list[Endpoint]:
    return [
        *_read_only(
            "balance_transaction",
            "/v1/balance_transactions",
            {"currency": Text(), "source": Text(), "type": Text()},
        ),
        Endpoint(
            "GET", "/v1/events", _events, {**PAGING, "type": Text(), "types": ListOf(Text(), 20)}
        ),
        Endpoint("GET", "/v1/events/<object_id>", _retrieving("event")),
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


def _events(account: Account, params: Json) -> Json:
    if "type" in params and "types" in params:
        raise invalid_param(
            "You may only specify one of these parameters: type, types.", param="type"
        )
    wanted = params.pop("types", None)
    if wanted is not None:
        params["type"] = wanted
    return page(account, kind="event", url="/v1/events", params=params)
