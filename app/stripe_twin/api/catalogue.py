"""/v1/products, /v1/prices, /v1/coupons and /v1/tax_rates"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stripe_twin.account import Account
from stripe_twin.api.billing_params import PRICE, Currency, Decimals
from stripe_twin.api.endpoint import Endpoint
from stripe_twin.api.lists import PAGING, page
from stripe_twin.api.params import (
    Changed,
    Flag,
    Hash,
    ListOf,
    Metadata,
    Spec,
    Text,
    Unsettable,
    Whole,
    laid_over,
    required,
)
from stripe_twin.billing import catalogue, coupons, taxes
from stripe_twin.errors import invalid_param, missing
from stripe_twin.money import MAX_AMOUNT
from stripe_twin.store import Json

_PRODUCTS, _PRICES = "/v1/products", "/v1/prices"
_COUPONS, _RATES = "/v1/coupons", "/v1/tax_rates"
_SAID: Mapping[str, Spec] = {"active": Flag(), "metadata": Metadata()}


def endpoints() -> list[Endpoint]:
    return [*_products(), *_prices(), *_coupons(), *_rates()]


def _products() -> list[Endpoint]:
    takes: Mapping[str, Spec] = {
        **_SAID,
        "id": Text(longest=255),
        "name": Text(longest=250),
        "description": Text(longest=5000),
    }
    changes: Mapping[str, Spec] = {
        "active": Flag(),
        "description": Unsettable(),
        "metadata": Changed(),
        "name": Text(longest=250),
    }
    one = f"{_PRODUCTS}/<object_id>"
    return [
        Endpoint(
            "POST", _PRODUCTS, lambda acc, p: catalogue.create_product(acc, p), takes, ("name",)
        ),
        Endpoint("GET", _PRODUCTS, _listing("product", _PRODUCTS), {**PAGING, "active": Flag()}),
        Endpoint("GET", one, lambda acc, p, object_id: catalogue.find_product(acc, object_id)),
        Endpoint("POST", one, _update_product, changes),
        Endpoint("DELETE", one, lambda acc, p, object_id: catalogue.delete_product(acc, object_id)),
    ]


def _prices() -> list[Endpoint]:
    said: Mapping[str, Spec] = {
        "lookup_key": Text(longest=200),
        "nickname": Text(),
        "transfer_lookup_key": Flag(),
    }
    takes: Mapping[str, Spec] = {
        **PRICE,
        **_SAID,
        **said,
        "billing_scheme": Text(choices=("per_unit",)),
        "product": Text(),
        "product_data": Hash(
            {**_SAID, "id": Text(longest=255), "name": Text(longest=250)}, required=("name",)
        ),
    }
    filters: Mapping[str, Spec] = {
        "active": Flag(),
        "currency": Currency(),
        "lookup_keys": ListOf(Text(), most=10),
        "product": Text(),
        "type": Text(choices=("one_time", "recurring")),
    }
    one = f"{_PRICES}/<object_id>"
    changes = {**said, "active": Flag(), "metadata": Changed()}
    return [
        Endpoint("POST", _PRICES, _create_price, takes, needs=("currency",)),
        Endpoint("GET", _PRICES, _list_prices, {**PAGING, **filters}),
        Endpoint(
            "GET", one, lambda acc, p, object_id: catalogue.find_price(acc, object_id, param="id")
        ),
        Endpoint("POST", one, _update_price, changes),
    ]


def _coupons() -> list[Endpoint]:
    takes: Mapping[str, Spec] = {
        "amount_off": Whole(least=1, most=MAX_AMOUNT),
        "applies_to": Hash({"products": ListOf(Text())}, required=("products",)),
        "currency": Currency(),
        "duration": Text(choices=("forever", "once", "repeating")),
        "duration_in_months": Whole(least=1, most=1200),
        "id": Text(longest=255),
        "max_redemptions": Whole(least=1),
        "metadata": Metadata(),
        "name": Text(longest=40),
        "percent_off": Decimals(most=100, places=2),
        "redeem_by": Whole(),
    }
    one = f"{_COUPONS}/<object_id>"
    changes: Mapping[str, Spec] = {"metadata": Changed(), "name": Text(longest=40)}
    return [
        Endpoint("POST", _COUPONS, lambda acc, p: coupons.create(acc, p), takes),
        Endpoint("GET", _COUPONS, _listing("coupon", _COUPONS), PAGING),
        Endpoint("GET", one, lambda acc, p, object_id: coupons.find(acc, object_id)),
        Endpoint("POST", one, _update_coupon, changes),
        Endpoint("DELETE", one, lambda acc, p, object_id: coupons.delete(acc, object_id)),
    ]


def _rates() -> list[Endpoint]:
    takes: Mapping[str, Spec] = {
        **_SAID,
        "country": Text(longest=2),
        "description": Text(),
        "display_name": Text(longest=50),
        "inclusive": Flag(),
        "percentage": Decimals(most=100, places=4),
    }
    needs = ("display_name", "inclusive", "percentage")
    filters: Mapping[str, Spec] = {"active": Flag(), "inclusive": Flag()}
    return [
        Endpoint("POST", _RATES, lambda acc, p: taxes.create(acc, p), takes, needs),
        Endpoint("GET", _RATES, _listing("tax_rate", _RATES), {**PAGING, **filters}),
        Endpoint("GET", f"{_RATES}/<object_id>", _retrieve_rate),
    ]


def _listing(kind: str, url: str) -> Callable[..., Json]:
    def listed(account: Account, params: Json) -> Json:
        return page(account, kind=kind, url=url, params=params, unless="_deleted")

    return listed


def _update_product(account: Account, params: Json, object_id: str) -> Json:
    product = catalogue.find_product(account, object_id)
    changes = _changes(product, params)
    previous = {name: product[name] for name in changes}
    product |= changes | {"updated": account.clock.now()}
    account.store.put("product", product)
    account.announce("product.updated", product, previous=previous)
    return product


def _create_price(account: Account, params: Json) -> Json:
    if ("unit_amount" in params) == ("unit_amount_decimal" in params):
        raise invalid_param(
            "You must specify either `unit_amount` or `unit_amount_decimal`.", param="unit_amount"
        )
    if ("product" in params) == ("product_data" in params):
        raise required("product")
    if "product_data" in params:
        product = catalogue.create_product(account, params["product_data"])
        params["product"] = product["id"]
    return catalogue.create_price(account, params)


def _list_prices(account: Account, params: Json) -> Json:
    wanted = {name: value for name, value in params.items() if name != "lookup_keys"}
    if "lookup_keys" in params:
        wanted["lookup_key"] = params["lookup_keys"]
    return page(account, kind="price", url=_PRICES, params=wanted)


def _update_price(account: Account, params: Json, object_id: str) -> Json:
    price = catalogue.find_price(account, object_id, param="id")
    return catalogue.update_price(account, price, _changes(price, params))


def _update_coupon(account: Account, params: Json, object_id: str) -> Json:
    coupon = coupons.find(account, object_id)
    changes = _changes(coupon, params)
    previous = {name: coupon[name] for name in changes}
    coupon |= changes
    account.store.put("coupon", coupon)
    account.announce("coupon.updated", coupon, previous=previous)
    return coupon


def _retrieve_rate(account: Account, params: Json, object_id: str) -> Json:
    rate = account.store.get("tax_rate", object_id)
    if rate is None:
        raise missing("tax rate", object_id)
    return rate


def _changes(obj: Json, params: Json) -> Json:
    """What is to be written, with metadata laid over what is there."""
    changes = {name: value for name, value in params.items() if name != "expand"}
    if "metadata" in changes:
        changes["metadata"] = laid_over(obj["metadata"], changes["metadata"])
    return {name: None if value == "" else value for name, value in changes.items()}
