"""/v1/checkout/sessions"""

from __future__ import annotations

from collections.abc import Mapping

from stripe_twin import money, objects, payments, sessions
from stripe_twin.account import Account
from stripe_twin.api.billing_params import DISCOUNT, RECURRING, TRIAL_SETTINGS
from stripe_twin.api.endpoint import Endpoint
from stripe_twin.api.lists import PAGING, cut, page
from stripe_twin.api.params import (
    Email,
    Hash,
    ListOf,
    Metadata,
    Spec,
    Text,
    Url,
    Whole,
    required,
)
from stripe_twin.api.payment_params import SHIPPING
from stripe_twin.billing import catalogue, items, sale
from stripe_twin.errors import StripeError, invalid_param, missing
from stripe_twin.ids import new_id
from stripe_twin.later import Ending
from stripe_twin.money import MAX_AMOUNT
from stripe_twin.store import Json

_PATH = "/v1/checkout/sessions"
_HALF_HOUR_S, _DAY_S = 1800, 24 * 3600
_EVERY_METHOD = ("card", *payments.DELAYED_METHODS.values())

_LINE = Hash(
    {
        "price_data": Hash(
            {
                "currency": Text(longest=3),
                "unit_amount": Whole(most=MAX_AMOUNT),
                "recurring": RECURRING,
                "product_data": Hash(
                    {
                        "name": Text(longest=250),
                        "description": Text(longest=1000),
                        "metadata": Metadata(),
                    },
                    required=("name",),
                ),
            },
            required=("currency", "unit_amount", "product_data"),
        ),
        "quantity": Whole(least=1, most=999_999),
        "price": Text(),
    }
)
_TAKES: Mapping[str, Spec] = {
    "mode": Text(choices=("payment", "setup", "subscription")),
    "line_items": ListOf(_LINE),
    "success_url": Url(),
    "cancel_url": Url(),
    "client_reference_id": Text(longest=200),
    "customer": Text(),
    "customer_email": Email(),
    "customer_creation": Text(choices=("always", "if_required")),
    "expires_at": Whole(),
    "locale": Text(longest=10),
    "metadata": Metadata(),
    "payment_intent_data": Hash(
        {
            "description": Text(longest=1000),
            "metadata": Metadata(),
            "receipt_email": Email(),
            "setup_future_usage": Text(choices=("off_session", "on_session")),
            "shipping": SHIPPING,
            "statement_descriptor": Text(longest=22),
        }
    ),
    "discounts": ListOf(DISCOUNT, most=1),
    "payment_method_collection": Text(choices=("always", "if_required")),
    "subscription_data": Hash(
        {
            "default_tax_rates": ListOf(Text(), most=5),
            "description": Text(longest=500),
            "metadata": Metadata(),
            "trial_end": Whole(),
            "trial_period_days": Whole(least=1, most=730),
            "trial_settings": TRIAL_SETTINGS,
        }
    ),
    "payment_method_types": ListOf(Text(choices=_EVERY_METHOD)),
    "submit_type": Text(choices=("auto", "book", "donate", "pay", "subscribe")),
    "ui_mode": Text(choices=("hosted_page", "hosted")),
}


def endpoints() -> list[Endpoint]:
    filters: Mapping[str, Spec] = {
        "payment_intent": Text(),
        "customer": Text(),
        "status": Text(choices=("complete", "expired", "open")),
    }
    return [
        Endpoint("POST", _PATH, _create, _TAKES, needs=("mode", "line_items", "success_url")),
        Endpoint("GET", _PATH, _list, {**PAGING, **filters}),
        Endpoint("GET", f"{_PATH}/<session_id>", _retrieve),
        Endpoint("POST", f"{_PATH}/<session_id>/expire", _expire),
        Endpoint("GET", f"{_PATH}/<session_id>/line_items", _line_items, PAGING),
    ]


def _create(account: Account, params: Json) -> Json:
    mode = params["mode"]
    if mode == "setup":
        raise invalid_param(
            "Invalid mode: this twin knows payment and subscription, found setup", param="mode"
        )
    now = account.clock.now()
    lines = [
        _line(account, line, at=f"line_items[{i}]", mode=mode)
        for i, line in enumerate(params["line_items"])
    ]
    _require_lines(lines)
    _require_lifetime(params, now)
    _require_customer(account, params)
    sold: Json = {}
    if mode == "subscription":
        sold = _subscription_terms(account, params, lines)
    else:
        _refuse_terms_of(params, "subscription_data", "discounts", mode=mode)
        _require_chargeable(lines)
    params["payment_method_types"] = _methods(params, lines[0]["currency"])
    session = objects.checkout_session(
        params=params, lines=lines, now=now, public_url=account.settings.public_url
    )
    session |= sold
    account.later.plan(Ending.SESSION_EXPIRES, session["id"], after_s=session["expires_at"] - now)
    return account.store.put("checkout.session", session)


def _subscription_terms(account: Account, params: Json, lines: list[Json]) -> Json:
    """What a page that sells a subscription holds beyond the others."""
    _refuse_terms_of(params, "payment_intent_data", mode="subscription")
    if not any(line["price"]["recurring"] for line in lines):
        raise invalid_param(
            "You must provide at least one recurring price in `subscription` mode when using "
            "prices.",
            param="line_items",
        )
    data, discounts = params.get("subscription_data", {}), params.get("discounts", [])
    is_free = bool(data.keys() & {"trial_end", "trial_period_days"})
    return sale.amounts(account, lines, discounts, is_free=is_free) | {
        "customer_creation": None,
        "payment_method_collection": params.get("payment_method_collection", "always"),
        "_subscription_data": data,
        "_discounts": discounts,
    }


def _refuse_terms_of(params: Json, *names: str, mode: str) -> None:
    for name in names:
        if name in params:
            raise invalid_param(f"You can not pass `{name}` in `{mode}` mode.", param=name)


def _retrieve(account: Account, params: Json, session_id: str) -> Json:
    return sessions.session_of(account, session_id)


def _list(account: Account, params: Json) -> Json:
    return page(account, kind="checkout.session", url=_PATH, params=params)


def _expire(account: Account, params: Json, session_id: str) -> Json:
    return sessions.expire(account, session_id)


def _line_items(account: Account, params: Json, session_id: str) -> Json:
    rows = sessions.session_of(account, session_id)["_lines"]
    url = f"{_PATH}/{session_id}/line_items"
    return cut(rows, kind="item", url=url, params=params, known=account)


def _line(account: Account, line: Json, *, at: str, mode: str) -> Json:
    if "price" not in line and "price_data" not in line:
        raise required(f"{at}[price_data]")
    if "quantity" not in line:
        raise required(f"{at}[quantity]")
    if "price" in line:
        price = catalogue.price_for_sale(account, line["price"], param=f"{at}[price]")
        name = items.name_of(account, price)
    else:
        name = line["price_data"]["product_data"]["name"]
        price = _price_of_its_own(account, line["price_data"], name, at=at)
    if price["recurring"] and mode == "payment":
        raise invalid_param(
            "You specified `payment` mode but passed a recurring price. Either switch to "
            "`subscription` mode or use only one-time prices.",
            param="mode",
        )
    total = catalogue.cost(price, line["quantity"])
    return objects.line_item(price=price, name=name, quantity=line["quantity"], total=total)


def _price_of_its_own(account: Account, given: Json, name: str, *, at: str) -> Json:
    """The price and the product of one line, which nothing else can be sold by."""
    currency = given["currency"].lower()
    if currency not in money.CURRENCIES:
        raise invalid_param(
            f"Invalid currency: {currency}. Stripe currently supports these currencies: "
            f"{', '.join(sorted(money.CURRENCIES))}",
            param=f"{at}[price_data][currency]",
        )
    terms = given | {"currency": currency, "active": False}
    recurring = given.get("recurring")
    if not recurring:
        now = account.clock.now()
        return catalogue.price_object(terms, product=new_id("prod", 14), recurring=None, now=now)
    product = catalogue.create_product(account, {"name": name, "active": False})
    return catalogue.create_price(account, terms | {"product": product["id"]})


def _require_lines(lines: list[Json]) -> None:
    if not lines:
        raise required("line_items")
    if any(line["currency"] != lines[0]["currency"] for line in lines):
        raise invalid_param(
            "All line items in a Checkout Session must use the same currency.", param="line_items"
        )


def _require_chargeable(lines: list[Json]) -> None:
    currency, total = lines[0]["currency"], sum(line["amount_total"] for line in lines)
    least = money.least_amount(currency)
    if total < least:
        raise StripeError(
            "The Checkout Session's total amount due must add up to at least "
            f"{money.show(least, currency)} {currency}",
            code="amount_too_small",
        )
    if total > MAX_AMOUNT:
        raise StripeError(
            "The Checkout Session's total amount due must be no more than "
            f"{money.show(MAX_AMOUNT, currency)} {currency}",
            code="amount_too_large",
        )


def _require_lifetime(params: Json, now: int) -> None:
    ends = params.get("expires_at", now + _DAY_S)
    # A minute's grace: the client's clock, and the time the request took.
    if not now + _HALF_HOUR_S - 60 <= ends <= now + _DAY_S + 60:
        raise invalid_param(
            "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from "
            "Checkout Session creation.",
            param="expires_at",
        )


def _require_customer(account: Account, params: Json) -> None:
    customer = params.get("customer")
    if customer and "customer_email" in params:
        raise invalid_param(
            "You may only specify one of these parameters: customer, customer_email.",
            param="customer",
        )
    if customer and account.store.get("customer", customer) is None:
        raise missing("customer", customer, param="customer", status=400)


def _methods(params: Json, currency: str) -> list[str]:
    delayed = payments.DELAYED_METHODS.get(currency)
    # A renewal is taken while nobody looks, so a page that sells a subscription asks for a card.
    offered = ["card", delayed] if delayed and params["mode"] == "payment" else ["card"]
    asked: list[str] = params.get("payment_method_types", [])
    for method in asked:
        if method not in offered:
            raise invalid_param(
                f"The payment method `{method}` is invalid for currency {currency}.",
                param="payment_method_types",
            )
    return asked or [method for method in offered if method]
