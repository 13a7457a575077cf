"""`expand[]`: an object in place of its id."""

from __future__ import annotations

from stripe_twin import objects
from stripe_twin.account import Account
from stripe_twin.errors import StripeError
from stripe_twin.store import Json

_FIELDS = {
    "checkout.session": {"payment_intent": "payment_intent", "customer": "customer"},
    "payment_intent": {
        "latest_charge": "charge",
        "customer": "customer",
        "payment_method": "payment_method",
    },
    "payment_method": {"customer": "customer"},
    "charge": {
        "payment_intent": "payment_intent",
        "balance_transaction": "balance_transaction",
        "customer": "customer",
    },
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
    "refund": {
        "charge": "charge",
        "payment_intent": "payment_intent",
        "balance_transaction": "balance_transaction",
        "failure_balance_transaction": "balance_transaction",
    },
}
_DEEPEST = 4


def render(account: Account, obj: Json, expand: list[str]) -> Json:
    """What the client gets: no private fields, and what it asked to see in full."""
    if obj.get("object") == "list":
        shown = obj | {"data": [_show(account, row) for row in obj["data"]]}
    else:
        shown = _show(account, obj)
    for wish in expand:
        path = wish.split(".")
        if len(path) > _DEEPEST:
            raise StripeError(
                f"You cannot expand more than {_DEEPEST} levels of a property", param="expand"
            )
        _grow(account, shown, path, wish)
    return shown


def _show(account: Account, obj: Json) -> Json:
    shown = objects.public(obj)
    if obj.get("object") == "event":
        shown["pending_webhooks"] = account.outbox.pending(obj["id"])
    return shown


def _grow(account: Account, shown: Json, path: list[str], wish: str) -> None:
    name, rest = path[0], path[1:]
    if shown.get("object") == "list" and name == "data":
        for row in shown["data"]:
            if rest:
                _grow(account, row, rest, wish)
        return
    _fill(account, shown, name, wish)
    below = shown.get(name)
    if rest and isinstance(below, dict):
        _grow(account, below, rest, wish)


def _fill(account: Account, shown: Json, name: str, wish: str) -> None:
    kind = str(shown.get("object"))
    if (kind, name) == ("checkout.session", "line_items"):
        session = account.store.get(kind, shown["id"]) or {}
        url = f"/v1/checkout/sessions/{shown['id']}/line_items"
        shown[name] = objects.listing([objects.public(li) for li in session["_lines"]], url=url)
    elif (kind, name) == ("charge", "refunds"):
        mine = [r for r in account.store.all("refund")[::-1] if r["charge"] == shown["id"]]
        url = f"/v1/charges/{shown['id']}/refunds"
        rows = [objects.public(r) for r in mine[:10]]
        shown[name] = objects.listing(rows, url=url, has_more=len(mine) > 10)
    elif name not in _FIELDS.get(kind, {}):
        raise StripeError(
            f"This property cannot be expanded ({wish}).", param="expand", began=False
        )
    elif isinstance(shown.get(name), str):
        found = account.store.get(_FIELDS[kind][name], shown[name])
        shown[name] = objects.public(found) if found else shown[name]
