"""`expand[]`: an object in place of its id."""

from __future__ import annotations

from typing import Any

from stripe_twin import objects
from stripe_twin.account import Account
from stripe_twin.errors import StripeError
from stripe_twin.store import Json

_FIELDS = {
    "checkout.session": {
        "payment_intent": "payment_intent",
        "customer": "customer",
        "invoice": "invoice",
        "subscription": "subscription",
    },
    "subscription": {
        "customer": "customer",
        "default_payment_method": "payment_method",
        "discounts": "discount",
        "latest_invoice": "invoice",
    },
    "subscription_item": {"discounts": "discount"},
    "discount": {"customer": "customer"},
    "discount.source": {"coupon": "coupon"},
    "price": {"product": "product"},
    "product": {"default_price": "price"},
    "invoice": {
        "customer": "customer",
        "default_payment_method": "payment_method",
        "discounts": "discount",
    },
    "invoice.parent.subscription_details": {"subscription": "subscription"},
    "invoice_payment": {"invoice": "invoice"},
    "invoice_payment.payment": {"payment_intent": "payment_intent"},
    "invoiceitem": {"customer": "customer", "invoice": "invoice"},
    "line_item": {"discounts": "discount"},
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


def _grow(account: Account, shown: Json, path: list[str], wish: str, kind: str = "") -> None:
    """Fill in what the path leads to. `kind` is given for a hash that is no object of its own,
    such as `discount.source`."""
    name, rest = path[0], path[1:]
    kind = kind or str(shown.get("object"))
    if kind == "list" and name == "data":
        below: Any = shown["data"]
    else:
        is_inside = isinstance(shown.get(name), dict) and name not in _FIELDS.get(kind, {})
        if not (is_inside and rest):
            _fill(account, shown, name, wish, kind)
        below = shown.get(name)
    for one in below if isinstance(below, list) else [below]:
        if rest and isinstance(one, dict):
            inner = "" if "object" in one else f"{kind}.{name}"
            _grow(account, one, rest, wish, inner)


def _fill(account: Account, shown: Json, name: str, wish: str, kind: str) -> None:
    made = _MADE.get((kind, name))
    if made:
        shown[name] = made(account, shown)
        return
    if name not in _FIELDS.get(kind, {}):
        raise StripeError(
            f"This property cannot be expanded ({wish}).", param="expand", began=False
        )
    found = shown.get(name)
    if isinstance(found, list):
        shown[name] = [_whole(account, _FIELDS[kind][name], one) for one in found]
    else:
        shown[name] = _whole(account, _FIELDS[kind][name], found)


def _whole(account: Account, kind: str, found: Any) -> Any:
    """The object in place of its id; what is no id, or leads nowhere, stays as it is."""
    whole = account.store.get(kind, found) if isinstance(found, str) else None
    return objects.public(whole) if whole else found


def _line_items(account: Account, shown: Json) -> Json:
    session = account.store.get("checkout.session", shown["id"]) or {}
    url = f"/v1/checkout/sessions/{shown['id']}/line_items"
    return objects.listing([objects.public(line) for line in session["_lines"]], url=url)


def _refunds(account: Account, shown: Json) -> Json:
    mine = [r for r in account.store.all("refund")[::-1] if r["charge"] == shown["id"]]
    url = f"/v1/charges/{shown['id']}/refunds"
    rows = [objects.public(r) for r in mine[:10]]
    return objects.listing(rows, url=url, has_more=len(mine) > 10)


def _payments(account: Account, shown: Json) -> Json:
    mine = [p for p in account.store.all("invoice_payment") if p["invoice"] == shown["id"]]
    url = f"/v1/invoice_payments?invoice={shown['id']}"
    return objects.listing([objects.public(p) for p in mine], url=url)


def _applies_to(account: Account, shown: Json) -> Json | None:
    return (account.store.get("coupon", shown["id"]) or {}).get("_applies_to")


# What is not shown unless it is asked for.
_MADE = {
    ("coupon", "applies_to"): _applies_to,
    ("checkout.session", "line_items"): _line_items,
    ("charge", "refunds"): _refunds,
    ("invoice", "payments"): _payments,
}
