"""/v1/subscriptions"""

from __future__ import annotations

from collections.abc import Mapping

from stripe_twin.account import Account
from stripe_twin.api.billing_params import (
    CANCELLATION_DETAILS,
    COLLECTION_METHOD,
    DISCOUNTS,
    ITEM,
    PAYMENT_BEHAVIOR,
    PRORATION_BEHAVIOR,
    TAX_RATES,
    TRIAL_SETTINGS,
    Clearable,
    Currency,
    NowOr,
)
from stripe_twin.api.endpoint import Endpoint
from stripe_twin.api.lists import PAGING, cut, within
from stripe_twin.api.params import (
    Changed,
    Flag,
    Hash,
    ListOf,
    Metadata,
    Moment,
    Spec,
    Text,
    Whole,
    laid_over,
)
from stripe_twin.billing import beginning, standing, subscriptions
from stripe_twin.billing.subscription_objects import items_of
from stripe_twin.store import Json

_PATH = "/v1/subscriptions"
_STATUSES = (
    "active",
    "canceled",
    "incomplete",
    "incomplete_expired",
    "past_due",
    "paused",
    "trialing",
    "unpaid",
)
_BOTH: Mapping[str, Spec] = {
    "cancel_at": Clearable(Whole()),
    "cancel_at_period_end": Flag(),
    "collection_method": COLLECTION_METHOD,
    "days_until_due": Whole(most=365),
    "default_payment_method": Text(),
    "default_tax_rates": TAX_RATES,
    "description": Text(longest=500),
    "discounts": DISCOUNTS,
    "items": ListOf(ITEM, most=20),
    "off_session": Flag(),
    "payment_behavior": PAYMENT_BEHAVIOR,
    "proration_behavior": PRORATION_BEHAVIOR,
    "trial_end": NowOr(Whole()),
    "trial_settings": TRIAL_SETTINGS,
}
_PAUSE = Hash(
    {
        "behavior": Text(choices=("keep_as_draft", "mark_uncollectible", "void")),
        "resumes_at": Whole(),
    },
    required=("behavior",),
)


def endpoints() -> list[Endpoint]:
    one = f"{_PATH}/<subscription_id>"
    takes: Mapping[str, Spec] = {
        **_BOTH,
        "backdate_start_date": Whole(),
        "billing_cycle_anchor": Whole(),
        "currency": Currency(),
        "customer": Text(),
        "metadata": Metadata(),
        "trial_period_days": Whole(least=1, most=730),
    }
    changes: Mapping[str, Spec] = {
        **_BOTH,
        "cancellation_details": CANCELLATION_DETAILS,
        "metadata": Changed(),
        "pause_collection": Clearable(_PAUSE),
    }
    filters: Mapping[str, Spec] = {
        "collection_method": COLLECTION_METHOD,
        "current_period_end": Moment(),
        "customer": Text(),
        "price": Text(),
        "status": Text(choices=(*_STATUSES, "all", "ended")),
    }
    ending: Mapping[str, Spec] = {
        "cancellation_details": CANCELLATION_DETAILS,
        "invoice_now": Flag(),
        "prorate": Flag(),
    }
    return [
        Endpoint("POST", _PATH, _create, takes, needs=("customer", "items")),
        Endpoint("GET", _PATH, _list, {**PAGING, **filters}),
        Endpoint("GET", one, _retrieve),
        Endpoint("POST", one, _update, changes),
        Endpoint("DELETE", one, _cancel, ending),
        Endpoint("POST", f"{one}/resume", _resume, {"proration_behavior": PRORATION_BEHAVIOR}),
        Endpoint("DELETE", f"{one}/discount", _delete_discount),
    ]


def _create(account: Account, params: Json) -> Json:
    return beginning.create(account, params)


def _retrieve(account: Account, params: Json, subscription_id: str) -> Json:
    return standing.find(account, subscription_id)


def _update(account: Account, params: Json, subscription_id: str) -> Json:
    if "metadata" in params:
        sub = standing.find(account, subscription_id)
        params["metadata"] = laid_over(sub["metadata"], params["metadata"])
    if params.get("pause_collection"):
        params["pause_collection"] = {"resumes_at": None} | params["pause_collection"]
    return subscriptions.update(account, subscription_id, params)


def _cancel(account: Account, params: Json, subscription_id: str) -> Json:
    return subscriptions.cancel(account, subscription_id, params)


def _resume(account: Account, params: Json, subscription_id: str) -> Json:
    return subscriptions.resume(account, subscription_id)


def _delete_discount(account: Account, params: Json, subscription_id: str) -> Json:
    return subscriptions.delete_discount(account, subscription_id)


def _list(account: Account, params: Json) -> Json:
    """Those that have not been canceled, unless another status is asked for."""
    rows = [sub for sub in reversed(account.store.all("subscription")) if _fits(sub, params)]
    return cut(rows, kind="subscription", url=_PATH, params=params, known=account)


def _fits(sub: Json, params: Json) -> bool:
    ends = params.get("current_period_end")
    return (
        _has_status(sub["status"], params.get("status", ""))
        and within(sub["created"], params.get("created", {}))
        and params.get("customer", sub["customer"]) == sub["customer"]
        and params.get("collection_method", sub["collection_method"]) == sub["collection_method"]
        and (
            "price" not in params
            or any(one["price"]["id"] == params["price"] for one in items_of(sub))
        )
        and (ends is None or any(within(i["current_period_end"], ends) for i in items_of(sub)))
    )


def _has_status(status: str, wanted: str) -> bool:
    match wanted:
        case "":
            return status != "canceled"
        case "all":
            return True
        case "ended":
            return status in standing.ENDED
        case _:
            return status == wanted
