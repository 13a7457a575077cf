"""/v1/customers, as little as the slice needs."""

from __future__ import annotations

from collections.abc import Mapping

from stripe_twin import objects
from stripe_twin.account import Account
from stripe_twin.api.endpoint import Endpoint
from stripe_twin.api.lists import PAGING, page
from stripe_twin.api.params import Email, Metadata, Spec, Text
from stripe_twin.errors import missing
from stripe_twin.store import Json

_PATH = "/v1/customers"


def endpoints() -> list[Endpoint]:
    takes: Mapping[str, Spec] = {
        "description": Text(),
        "email": Email(),
        "metadata": Metadata(),
        "name": Text(longest=256),
        "phone": Text(longest=20),
    }
    return [
        Endpoint("POST", _PATH, _create, takes),
        Endpoint("GET", _PATH, _list, {**PAGING, "email": Text()}),
        Endpoint("GET", f"{_PATH}/<customer_id>", _retrieve),
    ]


def _create(account: Account, params: Json) -> Json:
    customer = objects.customer(params=params, now=account.clock.now())
    account.store.put("customer", customer)
    account.announce("customer.created", customer)
    return customer


def _list(account: Account, params: Json) -> Json:
    return page(account, kind="customer", url=_PATH, params=params)


def _retrieve(account: Account, params: Json, customer_id: str) -> Json:
    customer = account.store.get("customer", customer_id)
    if customer is None:
        raise missing("customer", customer_id)
    return customer
