"""/v1/subscription_items: the same changes as through the subscription, one item at a time."""

from __future__ import annotations

from collections.abc import Mapping

from stripe_twin.account import Account
from stripe_twin.api.billing_params import (
    DISCOUNTS,
    PAYMENT_BEHAVIOR,
    PRICE,
    PRORATION_BEHAVIOR,
    TAX_RATES,
)
from stripe_twin.api.endpoint import Endpoint
from stripe_twin.api.lists import PAGING, cut
from stripe_twin.api.params import Changed, Flag, Hash, Spec, Text, Whole, laid_over
from stripe_twin.billing import items, standing, subscriptions
from stripe_twin.billing.subscription_objects import items_of
from stripe_twin.store import Json

_PATH = "/v1/subscription_items"
_CHANGES: Mapping[str, Spec] = {
    "discounts": DISCOUNTS,
    "metadata": Changed(),
    "payment_behavior": PAYMENT_BEHAVIOR,
    "price": Text(),
    "price_data": Hash({**PRICE, "product": Text()}, required=("currency", "product")),
    "proration_behavior": PRORATION_BEHAVIOR,
    "quantity": Whole(most=10**9),
    "tax_rates": TAX_RATES,
}
_OF_SUBSCRIPTION = ("payment_behavior", "proration_behavior")


def endpoints() -> list[Endpoint]:
    one = f"{_PATH}/<item_id>"
    ending: Mapping[str, Spec] = {
        "clear_usage": Flag(),
        "proration_behavior": PRORATION_BEHAVIOR,
    }
    return [
        Endpoint(
            "POST", _PATH, _create, {**_CHANGES, "subscription": Text()}, needs=("subscription",)
        ),
        Endpoint("GET", _PATH, _list, {**PAGING, "subscription": Text()}, needs=("subscription",)),
        Endpoint("GET", one, lambda acc, p, item_id: items.find(acc, item_id)[1]),
        Endpoint("POST", one, _update, _CHANGES),
        Endpoint("DELETE", one, _delete, ending),
    ]


def _create(account: Account, params: Json) -> Json:
    subscription_id = params.pop("subscription")
    if params.get("metadata") is None:
        params.pop("metadata", None)
    sub = _changed(account, subscription_id, params)
    return items_of(sub)[-1]


def _list(account: Account, params: Json) -> Json:
    sub = standing.find(account, params["subscription"])
    return cut(items_of(sub), kind="subscription_item", url=_PATH, params=params, known=account)


def _update(account: Account, params: Json, item_id: str) -> Json:
    sub, one = items.find(account, item_id)
    if "metadata" in params:
        params["metadata"] = laid_over(one["metadata"], params["metadata"])
    return items.of_id(_changed(account, sub["id"], params | {"id": item_id}), item_id, at="item")


def _delete(account: Account, params: Json, item_id: str) -> Json:
    sub, _ = items.find(account, item_id)
    _changed(account, sub["id"], params | {"id": item_id, "deleted": True})
    return {"id": item_id, "object": "subscription_item", "deleted": True}


def _changed(account: Account, subscription_id: str, params: Json) -> Json:
    of_subscription = {name: params.pop(name) for name in _OF_SUBSCRIPTION if name in params}
    params.pop("expand", None)
    return subscriptions.update(account, subscription_id, {"items": [params], **of_subscription})
