"""What a shop or its staff do to a subscription: change it, pause it, end it.

Source: docs.stripe.com/api/subscriptions and docs.stripe.com/billing/subscriptions/overview.
"""

from __future__ import annotations

from collections.abc import Sequence

from stripe_twin.account import Account
from stripe_twin.billing import (
    beginning,
    billing_cycle,
    collecting,
    coupons,
    items,
    renewal,
    standing,
    taxes,
)
from stripe_twin.billing.periods import period_at
from stripe_twin.billing.subscription_objects import items_of
from stripe_twin.errors import StripeError, invalid_param, missing
from stripe_twin.store import Json

_DAY_S = 86_400


def update(account: Account, subscription_id: str, params: Json) -> Json:
    """The subscription with other terms; an ended one is nobody's to change."""
    sub = standing.find(account, subscription_id)
    _require_alive(sub)
    now = account.clock.now()
    before = {name: value for name, value in sub.items() if not name.startswith("_")}
    before["items"] = {**sub["items"], "data": [dict(one) for one in items_of(sub)]}
    values: Json = {
        name: params[name]
        for name in (
            "metadata",
            "default_payment_method",
            "description",
            "days_until_due",
            "collection_method",
            "pause_collection",
        )
        if name in params
    }
    if "cancellation_details" in params:
        details = {name: text or None for name, text in params["cancellation_details"].items()}
        values["cancellation_details"] = sub["cancellation_details"] | details
    if "trial_settings" in params:
        values["trial_settings"] = params["trial_settings"]
    if "discounts" in params:
        wanted = params["discounts"] or []
        items.apply_discounts(account, sub, wanted, sub=sub, item=None, at="discounts")
    if "default_tax_rates" in params:
        rates = params["default_tax_rates"] or []
        sub["default_tax_rates"] = taxes.find_all(account, rates, param="default_tax_rates")
    beginning.set_ending(sub, params, now=now)
    if "items" in params:
        _change_items(account, sub, params)
    if "trial_end" in params:
        _set_trial(account, sub, params["trial_end"])
    sub |= values
    return told(account, sub, before)


def told(account: Account, sub: Json, before: Json) -> Json:
    """Keep what was changed and announce it with what was there before."""
    account.store.put("subscription", sub)
    now_public = {name: value for name, value in sub.items() if not name.startswith("_")}
    previous = {name: before[name] for name in now_public if before[name] != now_public[name]}
    # `status` and the like may have been told of on the way; what is new is told here.
    if previous:
        account.announce("customer.subscription.updated", sub, previous=previous)
    standing.plan(account, sub)
    return sub


def cancel(account: Account, subscription_id: str, params: Json) -> Json:
    """The end, now; with a last invoice, or what is not used given back, when that is asked."""
    sub = standing.find(account, subscription_id)
    if sub["status"] in standing.ENDED:
        raise missing("subscription", subscription_id)
    if params.get("prorate"):
        for one in items_of(sub):
            items.prorate(account, sub, one, None)
    if params.get("invoice_now"):
        invoice = billing_cycle.bill(account, sub, [], reason="subscription_update")
        collecting.open_and_ask(account, invoice)
    details = {name: text or None for name, text in params.get("cancellation_details", {}).items()}
    sub["cancellation_details"] |= details
    return standing.end(account, sub)


def resume(account: Account, subscription_id: str) -> Json:
    """A paused subscription goes on from now, and is billed for it."""
    sub = standing.find(account, subscription_id)
    if sub["status"] != "paused":
        raise StripeError(
            f"Subscriptions can only be resumed if their status is `paused`, not `{sub['status']}`."
        )
    now = account.clock.now()
    sub["billing_cycle_anchor"] = now
    for one in items_of(sub):
        start, end = period_at(one["price"]["recurring"], anchor=now, moment=now)
        one |= {"current_period_start": start, "current_period_end": end}
    invoice = billing_cycle.bill(account, sub, items_of(sub), reason="subscription_update")
    collecting.open_and_ask(account, invoice)
    if invoice["status"] == "open":
        collecting.collect(account, invoice)
    if invoice["status"] == "paid":
        standing.change(account, sub, "resumed", status="active")
    return sub


def delete_discount(account: Account, subscription_id: str) -> Json:
    """Take all discounts away."""
    sub = standing.find(account, subscription_id)
    if not sub["discounts"]:
        raise StripeError("No active discount for subscription", status=404)
    gone = sub["discounts"][0]
    update(account, subscription_id, {"discounts": []})
    discount = account.store.get("discount", gone) or {}
    return discount | {"deleted": True}


def _require_alive(sub: Json) -> None:
    if sub["status"] in standing.ENDED:
        raise StripeError(
            "A canceled subscription can only update its cancellation_details and metadata."
        )


def _change_items(account: Account, sub: Json, params: Json) -> None:
    """Items added, changed and taken away, and the money that moves with them."""
    behavior = params.get("proration_behavior", "create_prorations")
    changed = _changed_items(account, sub, params["items"])
    if not items_of(sub):
        raise invalid_param(
            "Can not delete the last subscription item. Please cancel the subscription instead.",
            param="items",
        )
    if sub["status"] == "incomplete" or behavior == "none":
        return
    restarts = []
    for before, after in changed:
        is_new_period = (
            before and after and before["current_period_end"] != after["current_period_end"]
        )
        items.prorate(account, sub, before, None if is_new_period else after)
        restarts += [after] if is_new_period and after else []
    if (restarts or behavior == "always_invoice") and sub["status"] != "trialing":
        bill_now(account, sub, restarts)


def bill_now(account: Account, sub: Json, billed: Sequence[Json]) -> None:
    """An invoice at once, and an attempt to have it paid."""
    invoice = billing_cycle.bill(account, sub, billed, reason="subscription_update")
    collecting.open_and_ask(account, invoice)
    if invoice["status"] == "open":
        collecting.collect(account, invoice)


def _changed_items(
    account: Account, sub: Json, wanted: Sequence[Json]
) -> list[tuple[Json | None, Json | None]]:
    """Each item that changed, before and after; None where there is none."""
    changed: list[tuple[Json | None, Json | None]] = []
    for number, given in enumerate(wanted):
        at = f"items[{number}]"
        if "id" not in given:
            price = items.price_of(account, given, at=at)
            changed.append((None, items.add(account, sub, given, price, trial_end=None, at=at)))
            continue
        one = items.of_id(sub, given["id"], at=at)
        before = dict(one)
        if given.get("deleted"):
            sub["items"]["data"] = [i for i in items_of(sub) if i["id"] != one["id"]]
            for gone in one["discounts"]:
                coupons.drop(account, gone)
            changed.append((before, None))
            continue
        items.update(account, sub, one, given, at=at)
        costs = ("price", "quantity", "current_period_end")
        if any(before.get(name) != one.get(name) for name in costs):
            changed.append((before, one))
    return changed


def _set_trial(account: Account, sub: Json, end: int | str) -> None:
    """A trial until then, free of charge; `now` ends one, and what follows is billed."""
    now = account.clock.now()
    if end == "now":
        if sub["status"] == "trialing":
            sub["trial_end"] = now
            for one in items_of(sub):
                one["current_period_end"] = now
            renewal.end_trial(account, sub)
        return
    moment = beginning.trial_end_of({"trial_end": end}, now)
    sub |= {
        "status": "trialing",
        "trial_start": sub["trial_start"] or now,
        "trial_end": moment,
        "billing_cycle_anchor": moment,
        "_warned": False,
    }
    for one in items_of(sub):
        one["current_period_end"] = moment
