"""Products and prices. A price never changes what it asks for; only what is said about it does."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from stripe_twin.account import Account
from stripe_twin.errors import StripeError, invalid_param, missing
from stripe_twin.ids import new_id
from stripe_twin.objects import blank
from stripe_twin.store import Json


def create_product(account: Account, params: Json) -> Json:
    """A thing for sale."""
    now = account.clock.now()
    null = blank(
        "default_price description package_dimensions shippable statement_descriptor tax_code "
        "tax_details unit_label url"
    )
    product = null | {
        "id": params.get("id") or new_id("prod", 14),
        "object": "product",
        "active": params.get("active", True),
        "created": now,
        "description": params.get("description"),
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": params.get("metadata", {}),
        "name": params["name"],
        "type": "service",
        "updated": now,
    }
    if account.store.get("product", product["id"]):
        raise StripeError(
            f"Product already exists: {product['id']}", code="resource_already_exists", param="id"
        )
    account.store.put("product", product)
    account.announce("product.created", product)
    return product


def find_product(account: Account, product_id: str, *, param: str = "id") -> Json:
    """The product; a Stripe 404 when there is none."""
    product = account.store.get("product", product_id)
    if product is None:
        raise missing("product", product_id, param=param, status=404 if param == "id" else 400)
    return product


def delete_product(account: Account, product_id: str) -> Json:
    """Gone for good; refused while a price of it exists."""
    product = find_product(account, product_id)
    if any(price["product"] == product_id for price in account.store.all("price")):
        raise StripeError(
            "This product cannot be deleted because it has one or more user-created prices."
        )
    account.store.remove("product", product_id)
    account.announce("product.deleted", product)
    return {"id": product_id, "object": "product", "deleted": True}


def create_price(account: Account, params: Json) -> Json:
    """What a product costs, once or again and again. `params` hold the product's id."""
    find_product(account, params["product"], param="product")
    recurring = params.get("recurring")
    price = price_object(
        params, product=params["product"], recurring=recurring, now=account.clock.now()
    )
    _take_lookup_key(account, price, take_over=params.get("transfer_lookup_key", False))
    account.store.put("price", price)
    account.announce("price.created", price)
    return price


def price_object(params: Json, *, product: str, recurring: Json | None, now: int) -> Json:
    """A price as JSON; `unit_amount_decimal` may hold a fraction of a minor unit."""
    exact = Decimal(str(params.get("unit_amount_decimal", params.get("unit_amount", 0))))
    is_whole = exact == exact.to_integral_value()
    null = blank("custom_unit_amount nickname tiers_mode transform_quantity")
    return null | {
        "id": new_id("price"),
        "object": "price",
        "active": params.get("active", True),
        "billing_scheme": "per_unit",
        "created": now,
        "currency": params["currency"],
        "livemode": False,
        "lookup_key": params.get("lookup_key"),
        "metadata": params.get("metadata", {}),
        "nickname": params.get("nickname"),
        "product": product,
        "recurring": _recurring(recurring) if recurring else None,
        "tax_behavior": params.get("tax_behavior", "unspecified"),
        "type": "recurring" if recurring else "one_time",
        "unit_amount": int(exact) if is_whole else None,
        "unit_amount_decimal": str(int(exact)) if is_whole else format(exact.normalize(), "f"),
    }


def find_price(account: Account, price_id: str, *, param: str = "price") -> Json:
    """The price; Stripe's refusal when there is none."""
    price = account.store.get("price", price_id)
    if price is None:
        raise missing("price", price_id, param=param, status=404 if param == "id" else 400)
    return price


def price_for_sale(account: Account, price_id: str, *, param: str) -> Json:
    """The price while it can be sold; one that was switched off cannot."""
    price = find_price(account, price_id, param=param)
    if not price["active"]:
        raise invalid_param(
            f"The price specified is inactive. This field only accepts active prices: {price_id}.",
            param=param,
        )
    return price


def update_price(account: Account, price: Json, changes: Json) -> Json:
    """What is said about the price, or whether it can still be sold."""
    take_over = changes.pop("transfer_lookup_key", False)
    previous = {name: price[name] for name in changes}
    price |= changes
    if "lookup_key" in changes:
        _take_lookup_key(account, price, take_over=take_over)
    account.store.put("price", price)
    account.announce("price.updated", price, previous=previous)
    return price


def cost(price: Json, quantity: int) -> int:
    """What so many come to, in whole minor units, rounded half up."""
    exact = Decimal(price["unit_amount_decimal"]) * quantity
    return int(exact.to_integral_value(rounding=ROUND_HALF_UP))


def is_metered(price: Json) -> bool:
    """Whether the price is charged by use."""
    return bool(price["recurring"]) and price["recurring"]["usage_type"] == "metered"


def plan_of(price: Json) -> Json:
    """The price in the words of the plans that came before prices; items still carry it."""
    recurring = price["recurring"] or {}
    null = blank("tiers_mode transform_usage trial_period_days")
    return null | {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": price["billing_scheme"],
        "created": price["created"],
        "currency": price["currency"],
        "interval": recurring.get("interval"),
        "interval_count": recurring.get("interval_count"),
        "livemode": False,
        "metadata": dict(price["metadata"]),
        "meter": recurring.get("meter"),
        "nickname": price["nickname"],
        "product": price["product"],
        "usage_type": recurring.get("usage_type"),
    }


def _recurring(given: Json) -> Json:
    return {
        "interval": given["interval"],
        "interval_count": given.get("interval_count", 1),
        "meter": given.get("meter"),
        "trial_period_days": None,
        "usage_type": given.get("usage_type", "licensed"),
    }


def _take_lookup_key(account: Account, price: Json, *, take_over: bool) -> None:
    """One price at most answers to a key."""
    key = price["lookup_key"]
    for other in account.store.all("price") if key else []:
        if other["lookup_key"] != key or other["id"] == price["id"]:
            continue
        if not take_over:
            raise StripeError(
                f"A price (`{other['id']}`) already uses that lookup key.",
                param="lookup_key",
                code="resource_already_exists",
            )
        other["lookup_key"] = None
        account.store.put("price", other)
        account.announce("price.updated", other, previous={"lookup_key": key})
