"""/v1/customers"""

from __future__ import annotations

from collections.abc import Mapping

from stripe_twin import methods, objects
from stripe_twin.account import Account
from stripe_twin.api.endpoint import Endpoint
from stripe_twin.api.lists import PAGING, page
from stripe_twin.api.params import (
    Changed,
    Email,
    Hash,
    Metadata,
    Spec,
    Text,
    Unsettable,
    laid_over,
)
from stripe_twin.billing import standing
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
    billed: Mapping[str, Spec] = {
        "invoice_settings": Hash({"default_payment_method": Unsettable()}),
    }
    one = f"{_PATH}/<customer_id>"
    changes = {**takes, **billed, "metadata": Changed()}
    return [
        Endpoint("POST", _PATH, _create, {**takes, **billed, "payment_method": Text()}),
        Endpoint("GET", _PATH, _list, {**PAGING, "email": Text()}),
        Endpoint("GET", one, _retrieve),
        Endpoint("POST", one, _update, changes),
        Endpoint("DELETE", one, _delete),
    ]


def _create(account: Account, params: Json) -> Json:
    customer = objects.customer(params=params, now=account.clock.now())
    account.store.put("customer", customer)
    if "payment_method" in params:
        attached = methods.attach(account, params["payment_method"], customer=customer["id"])
        if "invoice_settings" in params:
            # The method may have been named by one of Stripe's ready-made names.
            params["invoice_settings"] = {"default_payment_method": attached["id"]}
    _bill_to(account, customer, params)
    account.announce("customer.created", customer)
    return customer


def _update(account: Account, params: Json, customer_id: str) -> Json:
    customer = _retrieve(account, params, customer_id)
    if customer.get("deleted"):
        raise missing("customer", customer_id)
    if "metadata" in params:
        params["metadata"] = laid_over(customer["metadata"], params["metadata"])
    said = {n: v for n, v in params.items() if n not in ("expand", "invoice_settings")}
    previous = {name: customer[name] for name in said}
    customer |= said
    _bill_to(account, customer, params)
    account.announce("customer.updated", customer, previous=previous)
    return customer


def _delete(account: Account, params: Json, customer_id: str) -> Json:
    """Gone, with all that was to be billed."""
    customer = _retrieve(account, params, customer_id)
    if customer.get("deleted"):
        raise missing("customer", customer_id)
    for sub in account.store.all("subscription"):
        if sub["customer"] == customer_id and sub["status"] not in standing.ENDED:
            standing.end(account, sub)
    account.store.put("customer", customer | {"deleted": True})
    account.announce("customer.deleted", customer)
    return _gone(customer_id)


def _gone(customer_id: str) -> Json:
    return {"id": customer_id, "object": "customer", "deleted": True}


def _bill_to(account: Account, customer: Json, params: Json) -> None:
    wanted = params.get("invoice_settings", {})
    if "default_payment_method" in wanted:
        method_id = wanted["default_payment_method"] or None
        method = account.store.get("payment_method", method_id or "")
        if method_id and (method is None or method["customer"] != customer["id"]):
            raise missing(
                "PaymentMethod",
                method_id,
                param="invoice_settings[default_payment_method]",
                status=400,
            )
        customer["invoice_settings"]["default_payment_method"] = method_id
    account.store.put("customer", customer)


def _list(account: Account, params: Json) -> Json:
    return page(account, kind="customer", url=_PATH, params=params)


def _retrieve(account: Account, params: Json, customer_id: str) -> Json:
    customer = account.store.get("customer", customer_id)
    if customer is None:
        raise missing("customer", customer_id)
    return customer if not customer.get("deleted") else _gone(customer_id)
