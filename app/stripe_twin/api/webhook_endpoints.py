"""/v1/webhook_endpoints"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from stripe_twin import webhook_endpoints
from stripe_twin.account import Account
from stripe_twin.api.endpoint import Endpoint
from stripe_twin.api.lists import PAGING, page
from stripe_twin.api.params import (
    Changed,
    Flag,
    ListOf,
    Metadata,
    Spec,
    Text,
    Unsettable,
    Url,
    laid_over,
    required,
)
from stripe_twin.errors import invalid_param
from stripe_twin.store import Json

_PATH = "/v1/webhook_endpoints"
_TYPE = re.compile(r"\*|[a-z0-9_]+(\.[a-z0-9_]+)+")
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?")


class _EventType:
    """`*`, or a name in the form of Stripe's; the twin keeps no list of all there are."""

    def read(self, value: Any, at: str) -> str:
        text = Text(longest=100).read(value, at)
        if not _TYPE.fullmatch(text):
            raise invalid_param(f"Invalid {at}: found {text[:80]}, expected an event", param=at)
        return text


class _Version:
    def read(self, value: Any, at: str) -> str:
        text = Text(longest=40).read(value, at)
        if not _VERSION.fullmatch(text):
            raise invalid_param(f"Invalid API version: {text}", param=at)
        return text


_CHANGES: Mapping[str, Spec] = {
    "description": Unsettable(),
    "disabled": Flag(),
    "enabled_events": ListOf(_EventType(), most=500),
    "metadata": Changed(),
    "url": Url(),
}
_CREATING: Mapping[str, Spec] = {
    "api_version": _Version(),
    "connect": Flag(),
    "description": Unsettable(),
    "enabled_events": ListOf(_EventType(), most=500),
    "metadata": Metadata(),
    "url": Url(),
}


def endpoints() -> list[Endpoint]:
    one = f"{_PATH}/<endpoint_id>"
    return [
        Endpoint("POST", _PATH, _create, _CREATING, needs=("enabled_events", "url")),
        Endpoint("GET", _PATH, _list, PAGING),
        Endpoint("GET", one, _retrieve),
        Endpoint("POST", one, _update, _CHANGES),
        Endpoint("DELETE", one, _delete),
    ]


def _create(account: Account, params: Json) -> Json:
    if not params["enabled_events"]:
        raise required("enabled_events")
    return webhook_endpoints.create(account, params)


def _list(account: Account, params: Json) -> Json:
    return page(account, kind=webhook_endpoints.KIND, url=_PATH, params=params)


def _retrieve(account: Account, params: Json, endpoint_id: str) -> Json:
    return webhook_endpoints.find(account, endpoint_id)


def _update(account: Account, params: Json, endpoint_id: str) -> Json:
    endpoint = webhook_endpoints.find(account, endpoint_id)
    changes: Json = {name: value for name, value in params.items() if name != "expand"}
    if "metadata" in changes:
        changes["metadata"] = laid_over(endpoint["metadata"], changes["metadata"])
    return webhook_endpoints.update(account, endpoint_id, changes)


def _delete(account: Account, params: Json, endpoint_id: str) -> Json:
    return webhook_endpoints.delete(account, endpoint_id)
