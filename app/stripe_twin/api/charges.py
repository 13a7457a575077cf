"""/v1/charges"""

from __future__ import annotations

from collections.abc import Mapping

from stripe_twin import direct
from stripe_twin.account import Account
from stripe_twin.api.endpoint import Endpoint
from stripe_twin.api.lists import PAGING, page
from stripe_twin.api.params import Changed, Email, Flag, Metadata, Spec, Text, Whole, laid_over
from stripe_twin.api.payment_params import SHIPPING, require_amount, require_customer
from stripe_twin.errors import missing
from stripe_twin.store import Json

_PATH = "/v1/charges"


def endpoints() -> list[Endpoint]:
    one = f"{_PATH}/<charge_id>"
    terms: Mapping[str, Spec] = {
        "customer": Text(),
        "description": Text(longest=1000),
        "receipt_email": Email(),
        "shipping": SHIPPING,
    }
    creating: Mapping[str, Spec] = {
        **terms,
        "amount": Whole(),
        "capture": Flag(),
        "currency": Text(longest=3),
        "metadata": Metadata(),
        "source": Text(),
        "statement_descriptor": Text(longest=22),
    }
    filters: Mapping[str, Spec] = {"customer": Text(), "payment_intent": Text()}
    needed = ("amount", "currency", "source")
    return [
        Endpoint("POST", _PATH, _create, creating, needs=needed),
        Endpoint("GET", _PATH, _list, {**PAGING, **filters}),
        Endpoint("GET", one, _retrieve),
        Endpoint("POST", one, _update, {**terms, "metadata": Changed()}),
        Endpoint("POST", f"{one}/capture", _capture, {"amount": Whole(least=1)}),
    ]


def _create(account: Account, params: Json) -> Json:
    currency = require_amount(params["amount"], params["currency"])
    require_customer(account, params.get("customer"))
    return direct.charge(
        account,
        amount=params["amount"],
        currency=currency,
        source=params["source"],
        params=params,
    )


def _list(account: Account, params: Json) -> Json:
    return page(account, kind="charge", url=_PATH, params=params)


def _retrieve(account: Account, params: Json, charge_id: str) -> Json:
    charge = account.store.get("charge", charge_id)
    if charge is None:
        raise missing("charge", charge_id)
    return charge


def _update(account: Account, params: Json, charge_id: str) -> Json:
    charge = _retrieve(account, params, charge_id)
    changes = {name: value for name, value in params.items() if name != "expand"}
    if "metadata" in changes:
        changes["metadata"] = laid_over(charge["metadata"], changes["metadata"])
    require_customer(account, changes.get("customer"))
    previous = {name: charge[name] for name in changes}
    charge |= changes
    account.store.put("charge", charge)
    account.announce("charge.updated", charge, previous=previous)
    return charge


def _capture(account: Account, params: Json, charge_id: str) -> Json:
    charge = _retrieve(account, params, charge_id)
    return direct.capture(account, charge, amount=params.get("amount"))
