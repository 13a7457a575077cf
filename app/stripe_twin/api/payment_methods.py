"""/v1/payment_methods"""

from __future__ import annotations

from collections.abc import Mapping

from stripe_twin import methods
from stripe_twin.account import Account
from stripe_twin.api.endpoint import Endpoint
from stripe_twin.api.lists import PAGING, page
from stripe_twin.api.params import Changed, Metadata, Spec, Text, laid_over, required
from stripe_twin.api.payment_params import BILLING, METHOD, METHOD_TYPES
from stripe_twin.store import Json

_PATH = "/v1/payment_methods"
_ACCOUNT_NUMBERS = {
    "bacs_debit": "account_number",
    "sepa_debit": "iban",
    "us_bank_account": "account_number",
}


def endpoints() -> list[Endpoint]:
    one = f"{_PATH}/<method_id>"
    filters: Mapping[str, Spec] = {"customer": Text(), "type": Text(choices=METHOD_TYPES)}
    changes: Mapping[str, Spec] = {"billing_details": BILLING, "metadata": Changed()}
    return [
        Endpoint("POST", _PATH, _create, {**METHOD, "metadata": Metadata()}, needs=("type",)),
        Endpoint("GET", _PATH, _list, {**PAGING, **filters}),
        Endpoint("GET", one, _retrieve),
        Endpoint("POST", one, _update, changes),
        Endpoint("POST", f"{one}/attach", _attach, {"customer": Text()}, needs=("customer",)),
        Endpoint("POST", f"{one}/detach", _detach),
    ]


def wanted(params: Json, *, at: str = "") -> methods.Wanted:
    """What these parameters describe; a refusal when the number itself is missing."""
    kind = params["type"]
    given = params.get(kind, {})
    shared: Json = {"billing": params.get("billing_details"), "metadata": params.get("metadata")}
    if kind == "card":
        if not given.keys() & {"token", "number"}:
            raise required(f"{at}[card]" if at else "card")
        return methods.Wanted(
            type=kind, token=given.get("token", ""), number=given.get("number", ""), **shared
        )
    name = _ACCOUNT_NUMBERS[kind]
    if name not in given:
        raise required(f"{at}[{kind}][{name}]" if at else f"{kind}[{name}]")
    return methods.Wanted(type=kind, account=given[name].replace(" ", ""), **shared)


def _create(account: Account, params: Json) -> Json:
    return methods.create(account, wanted(params))


def _list(account: Account, params: Json) -> Json:
    return page(account, kind="payment_method", url=_PATH, params=params)


def _retrieve(account: Account, params: Json, method_id: str) -> Json:
    return methods.use(account, method_id)


def _update(account: Account, params: Json, method_id: str) -> Json:
    method = methods.find(account, method_id)
    billing = params.get("billing_details", {})
    address = method["billing_details"]["address"] | billing.pop("address", {})
    method["billing_details"] |= billing | {"address": address}
    if "metadata" in params:
        method["metadata"] = laid_over(method["metadata"], params["metadata"])
    account.store.put("payment_method", method)
    if method["customer"]:
        account.announce("payment_method.updated", method)
    return method


def _attach(account: Account, params: Json, method_id: str) -> Json:
    return methods.attach(account, method_id, customer=params["customer"])


def _detach(account: Account, params: Json, method_id: str) -> Json:
    return methods.detach(account, method_id)
