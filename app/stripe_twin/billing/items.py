"""A subscription's items: made, changed and taken away, and the money that a change moves."""

from __future__ import annotations

from collections.abc import Iterable

from stripe_twin.account import Account
from stripe_twin.billing import catalogue, coupons, taxes
from stripe_twin.billing.periods import period_at
from stripe_twin.billing.subscription_objects import Period, item, items_of
from stripe_twin.errors import invalid_param, missing
from stripe_twin.ids import new_id
from stripe_twin.objects import blank, public
from stripe_twin.store import Json


def price_of(account: Account, given: Json, *, at: str) -> Json:
    """The recurring price that an item's parameters name or describe."""
    if "price" in given:
        price = catalogue.price_for_sale(account, given["price"], param=f"{at}[price]")
    elif "price_data" in given:
        price = catalogue.create_price(account, {**given["price_data"], "active": True})
    else:
        raise invalid_param(
            f"Missing required param: {at}[price].", param=f"{at}[price]", code="parameter_missing"
        )
    if price["recurring"] is None:
        raise invalid_param(
            "The price specified is set to `type=one_time` but this field only accepts prices "
            "with `type=recurring`.",
            param=f"{at}[price]",
        )
    return price


def add(
    account: Account, sub: Json, given: Json, price: Json, *, trial_end: int | None, at: str
) -> Json:
    """A new item from now on; in a trial it is free until the trial ends."""
    now = account.clock.now()
    if price["currency"] != sub["currency"]:
        raise invalid_param(
            f"The price's currency is {price['currency']}, expected the subscription's, "
            f"{sub['currency']}.",
            param=f"{at}[price]",
        )
    if catalogue.is_metered(price) and "quantity" in given:
        raise invalid_param(
            "You cannot set the quantity for metered plans.", param=f"{at}[quantity]"
        )
    start, end = period_at(price["recurring"], anchor=sub["billing_cycle_anchor"], moment=now)
    period = Period(now, trial_end) if trial_end else Period(max(start, sub["start_date"]), end)
    made = item(
        of=sub, price=price, quantity=given.get("quantity", 1), period=period, params=given, now=now
    )
    items_of(sub).append(made)
    _say(account, sub, made, given, at=at)
    return made


def update(account: Account, sub: Json, found: Json, given: Json, *, at: str) -> None:
    """Another price, quantity, discount or tax for an item."""
    if "price" in given or "price_data" in given:
        price = price_of(account, given, at=at)
        if price["recurring"] != found["price"]["recurring"]:
            _restart(account, sub, found, price)
        found |= {"price": public(price), "plan": catalogue.plan_of(price)}
    if "quantity" in given:
        found["quantity"] = given["quantity"]
    _say(account, sub, found, given, at=at)


def find(account: Account, item_id: str) -> tuple[Json, Json]:
    """The subscription and its item; a Stripe 404 when there is none."""
    for sub in account.store.all("subscription"):
        for one in items_of(sub):
            if one["id"] == item_id:
                return sub, one
    raise missing("subscription_item", item_id, param="item")


def of_id(sub: Json, item_id: str, *, at: str) -> Json:
    """The subscription's item with this id."""
    found = next((one for one in items_of(sub) if one["id"] == item_id), None)
    if found is None:
        raise missing("subscription_item", item_id, param=f"{at}[id]", status=400)
    return found


def prorate(account: Account, sub: Json, before: Json | None, after: Json | None) -> None:
    """What the change is worth for the rest of the period, to go on the next invoice."""
    now = account.clock.now()
    for one, sign in ((before, -1), (after, 1)):
        if one is None or sub["status"] == "trialing" or catalogue.is_metered(one["price"]):
            continue
        start, end = one["current_period_start"], one["current_period_end"]
        if end <= now:
            continue
        whole = catalogue.cost(one["price"], one["quantity"])
        part = round(whole * (end - max(now, start)) / (end - start)) * sign
        word = "Unused time on" if sign < 0 else "Remaining time on"
        if part:
            wait(
                account,
                customer=sub["customer"],
                amount=part,
                currency=sub["currency"],
                description=f"{word} {name_of(account, one['price'])}",
                sub=sub,
                period=(now, end),
                is_proration=True,
            )


def wait(
    account: Account,
    *,
    customer: str,
    amount: int,
    currency: str,
    description: str | None,
    sub: Json | None = None,
    period: tuple[int, int] | None = None,
    is_proration: bool = False,
    **fields: object,
) -> Json:
    """An amount that waits for the customer's next invoice."""
    now = account.clock.now()
    start, end = period or (now, now)
    parent = None
    if sub:
        details = {"subscription": sub["id"], "subscription_item": None}
        parent = {"subscription_details": details, "type": "subscription_details"}
    waiting = (
        blank("customer_account invoice test_clock proration_details")
        | {
            "id": new_id("ii"),
            "object": "invoiceitem",
            "amount": amount,
            "currency": currency,
            "customer": customer,
            "date": now,
            "description": description,
            "discountable": not is_proration,
            "discounts": [],
            "livemode": False,
            "metadata": {},
            "net_amount": amount,
            "parent": parent,
            "period": {"end": end, "start": start},
            "pricing": None,
            "proration": is_proration,
            "quantity": 1,
            "quantity_decimal": "1",
            "tax_rates": [],
        }
        | dict(fields)
    )
    account.store.put("invoiceitem", waiting)
    account.announce("invoiceitem.created", waiting)
    return waiting


def name_of(account: Account, price: Json) -> str:
    """What the price's product is called."""
    product = account.store.get("product", price["product"]) or {}
    return str(product.get("name", price["product"]))


def apply_discounts(
    account: Account, owner: Json, wanted: Iterable[Json], *, sub: Json, item: str | None, at: str
) -> None:
    """Make these the discounts of a subscription or of one of its items; others are dropped."""
    kept = []
    for number, one in enumerate(wanted):
        if "discount" in one and one["discount"] in owner["discounts"]:
            kept.append(one["discount"])
            continue
        made = coupons.apply(
            account,
            one.get("coupon", ""),
            customer=sub["customer"],
            subscription=sub["id"],
            item=item,
            param=f"{at}[{number}][coupon]",
        )
        kept.append(made["id"])
    for gone in set(owner["discounts"]) - set(kept):
        coupons.drop(account, gone)
    owner["discounts"] = kept


def _say(account: Account, sub: Json, one: Json, given: Json, *, at: str) -> None:
    if "metadata" in given:
        one["metadata"] = given["metadata"]
    if "tax_rates" in given:
        rates = given["tax_rates"] or []
        one["tax_rates"] = taxes.find_all(account, rates, param=f"{at}[tax_rates]")
    if "discounts" in given:
        wanted = given["discounts"] or []
        apply_discounts(account, one, wanted, sub=sub, item=one["id"], at=f"{at}[discounts]")


def _restart(account: Account, sub: Json, one: Json, price: Json) -> None:
    """Another interval begins its first period now."""
    now = account.clock.now()
    start, end = period_at(price["recurring"], anchor=now, moment=now)
    one |= {"current_period_start": start, "current_period_end": end}
    sub["billing_cycle_anchor"] = now
