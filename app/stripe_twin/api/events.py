"""/v1/events: what happened in the last 30 days."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from stripe_twin.account import Account
from stripe_twin.api.endpoint import Endpoint
from stripe_twin.api.lists import PAGING, cut, within
from stripe_twin.api.params import Flag, ListOf, Spec, Text
from stripe_twin.errors import invalid_param, missing
from stripe_twin.store import Json

KEPT_S = 30 * 24 * 3600
"""Stripe gives events out for 30 days. Source: docs.stripe.com/api/events."""
_PATH = "/v1/events"


def endpoints() -> list[Endpoint]:
    filters: Mapping[str, Spec] = {
        "delivery_success": Flag(),
        "type": Text(),
        "types": ListOf(Text(), 20),
    }
    return [
        Endpoint("GET", _PATH, _list, {**PAGING, **filters}),
        Endpoint("GET", f"{_PATH}/<event_id>", _retrieve),
    ]


def _list(account: Account, params: Json) -> Json:
    if "type" in params and "types" in params:
        raise invalid_param(
            "You may only specify one of these parameters: type, types.", param="type"
        )
    wanted = params.get("types", [params["type"]] if "type" in params else ["*"])
    rows = [
        event
        for event in reversed(account.store.all("event"))
        if _kept(account, event)
        and any(fnmatchcase(event["type"], pattern) for pattern in wanted)
        and within(event["created"], params.get("created", {}))
        and _delivered(account, event, params.get("delivery_success"))
    ]
    return cut(rows, kind="event", url=_PATH, params=params, known=account)


def _retrieve(account: Account, params: Json, event_id: str) -> Json:
    event = account.store.get("event", event_id)
    if event is None or not _kept(account, event):
        raise missing("event", event_id)
    return event


def _kept(account: Account, event: Json) -> bool:
    return bool(event["created"] > account.clock.now() - KEPT_S)


def _delivered(account: Account, event: Json, wanted: bool | None) -> bool:
    return wanted is None or wanted is account.outbox.delivered(event["id"])
