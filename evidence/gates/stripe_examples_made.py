"""One object of each kind that the twin knows, made over HTTP like anybody's."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

Object = dict[str, Any]


class Refused(Exception):
    """The twin refused what it should do."""


@dataclass(frozen=True)
class Api:
    """The twin at `address`, asked with its key."""

    address: str
    key: str

    def create(self, path: str, **params: Any) -> Object:
        """Parameters of Stripe's API; `items__0__price` stands for `items[0][price]`."""
        return self._ask("POST", path, urlencode({_name(k): v for k, v in params.items()}))

    def get(self, path: str) -> Object:
        return self._ask("GET", path, "")

    def _ask(self, method: str, path: str, body: str) -> Object:
        link = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=30)
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        try:
            link.request(method, f"/v1/{path}", body, headers)
            answer = link.getresponse()
            found: Object = json.loads(answer.read())
        finally:
            link.close()
        if answer.status != http.client.OK:
            raise Refused(f"{method} /v1/{path}: {answer.status} {found['error']['message']}")
        return found


def everything(api: Api) -> dict[str, Object]:
    """Each kind's object by the name that Stripe gives the kind."""
    return {**_sold(api), **_paid(api), **_billed(api), **_told(api)}


def _sold(api: Api) -> dict[str, Object]:
    product = api.create("products", name="Coffee")
    price = _price(api, product)
    return {
        "product": product,
        "price": price,
        "coupon": api.create("coupons", percent_off=10, duration="forever"),
        "tax_rate": _tax_rate(api),
        "checkout.session": api.create(
            "checkout/sessions",
            mode="subscription",
            line_items__0__price=price["id"],
            line_items__0__quantity=1,
            success_url="https://shop.example/thanks",
        ),
    }


def _paid(api: Api) -> dict[str, Object]:
    disputed = _intent(api, "pm_card_createDispute")
    intent = _intent(api, "pm_card_visa")
    charge = api.get(f"charges/{intent['latest_charge']}")
    return {
        "payment_intent": intent,
        "payment_method": api.get(f"payment_methods/{intent['payment_method']}"),
        "charge": charge,
        "balance_transaction": api.get(f"balance_transactions/{charge['balance_transaction']}"),
        "refund": api.create("refunds", payment_intent=intent["id"], amount=500),
        "dispute": api.get(f"disputes?payment_intent={disputed['id']}")["data"][0],
    }


def _billed(api: Api) -> dict[str, Object]:
    customer = api.create(
        "customers",
        name="Cara",
        payment_method="pm_card_visa",
        invoice_settings__default_payment_method="pm_card_visa",
    )
    subscription = api.create(
        "subscriptions",
        customer=customer["id"],
        items__0__price=_price(api, api.create("products", name="Tea"))["id"],
        discounts__0__coupon=api.create("coupons", percent_off=10, duration="forever")["id"],
        default_tax_rates__0=_tax_rate(api)["id"],
        expand__0="discounts",
    )
    [item] = subscription["items"]["data"]
    invoice = api.get(f"invoices/{subscription['latest_invoice']}")
    return {
        "customer": customer,
        "subscription": subscription,
        "subscription_item": item,
        "plan": item["plan"],
        "discount": subscription["discounts"][0],
        "invoice": invoice,
        "line_item": invoice["lines"]["data"][0],
        "invoice_payment": api.get(f"invoice_payments?invoice={invoice['id']}")["data"][0],
        "invoiceitem": api.create(
            "invoiceitems", customer=customer["id"], amount=100, currency="gbp"
        ),
    }


def _told(api: Api) -> dict[str, Object]:
    return {
        "webhook_endpoint": api.create(
            "webhook_endpoints", url="https://shop.example/", enabled_events__0="*"
        ),
        "event": api.get("events?limit=1")["data"][0],
    }


def _price(api: Api, product: Object) -> Object:
    return api.create(
        "prices",
        currency="gbp",
        unit_amount=1000,
        recurring__interval="month",
        product=product["id"],
    )


def _tax_rate(api: Api) -> Object:
    return api.create("tax_rates", display_name="VAT", inclusive="true", percentage=20)


def _intent(api: Api, method: str) -> Object:
    return api.create(
        "payment_intents",
        amount=2000,
        currency="gbp",
        confirm="true",
        payment_method=method,
        payment_method_types__0="card",
    )


def _name(word: str) -> str:
    first, *rest = word.split("__")
    return first + "".join(f"[{part}]" for part in rest)
