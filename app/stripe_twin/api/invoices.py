"""/v1/invoices, /v1/invoiceitems and /v1/invoice_payments"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stripe_twin.account import Account
from stripe_twin.api.billing_params import COLLECTION_METHOD, Currency
from stripe_twin.api.endpoint import Endpoint
from stripe_twin.api.lists import PAGING, cut, page, within
from stripe_twin.api.params import (
    Changed,
    Flag,
    Hash,
    Metadata,
    Spec,
    Text,
    Whole,
    laid_over,
)
from stripe_twin.billing import beginning, billing_cycle, collecting, invoices, items
from stripe_twin.errors import StripeError, invalid_param, missing
from stripe_twin.money import MAX_AMOUNT
from stripe_twin.store import Json

_PATH, _WAITING, _PAYMENTS = "/v1/invoices", "/v1/invoiceitems", "/v1/invoice_payments"
_STATUSES = ("draft", "open", "paid", "uncollectible", "void")


def endpoints() -> list[Endpoint]:
    return [*_invoices(), *_invoice_items(), *_invoice_payments()]


def _invoices() -> list[Endpoint]:
    one = f"{_PATH}/<invoice_id>"
    said: Mapping[str, Spec] = {
        "auto_advance": Flag(),
        "collection_method": COLLECTION_METHOD,
        "days_until_due": Whole(most=365),
        "default_payment_method": Text(),
        "description": Text(longest=1500),
    }
    takes: Mapping[str, Spec] = {
        **said,
        "currency": Currency(),
        "customer": Text(),
        "metadata": Metadata(),
        "pending_invoice_items_behavior": Text(choices=("exclude", "include")),
    }
    filters: Mapping[str, Spec] = {
        "collection_method": COLLECTION_METHOD,
        "customer": Text(),
        "status": Text(choices=_STATUSES),
        "subscription": Text(),
    }
    paying: Mapping[str, Spec] = {
        "off_session": Flag(),
        "paid_out_of_band": Flag(),
        "payment_method": Text(),
    }
    return [
        Endpoint("POST", _PATH, _create, takes, needs=("customer",)),
        Endpoint("GET", _PATH, _list, {**PAGING, **filters}),
        Endpoint("GET", one, lambda acc, p, invoice_id: invoices.find(acc, invoice_id)),
        Endpoint("POST", one, _update, {**said, "metadata": Changed()}),
        Endpoint("DELETE", one, _doing(invoices.delete)),
        Endpoint("GET", f"{one}/lines", _lines, PAGING),
        Endpoint("POST", f"{one}/finalize", _doing(_finalize), {"auto_advance": Flag()}),
        Endpoint("POST", f"{one}/mark_uncollectible", _doing(invoices.mark_uncollectible)),
        Endpoint("POST", f"{one}/pay", _pay, paying),
        Endpoint("POST", f"{one}/send", _doing(_send)),
        Endpoint("POST", f"{one}/void", _doing(invoices.void)),
    ]


def _invoice_items() -> list[Endpoint]:
    one = f"{_WAITING}/<item_id>"
    takes: Mapping[str, Spec] = {
        "amount": Whole(least=-MAX_AMOUNT, most=MAX_AMOUNT),
        "currency": Currency(),
        "customer": Text(),
        "description": Text(longest=1500),
        "metadata": Metadata(),
    }
    filters: Mapping[str, Spec] = {"customer": Text(), "invoice": Text()}
    return [
        Endpoint("POST", _WAITING, _wait, takes, needs=("customer", "amount", "currency")),
        Endpoint(
            "GET",
            _WAITING,
            lambda acc, p: page(acc, kind="invoiceitem", url=_WAITING, params=p),
            {**PAGING, **filters},
        ),
        Endpoint("GET", one, lambda acc, p, item_id: _waiting(acc, item_id)),
        Endpoint("DELETE", one, _stop_waiting),
    ]


def _invoice_payments() -> list[Endpoint]:
    filters: Mapping[str, Spec] = {
        "invoice": Text(),
        "payment": Hash(
            {"payment_intent": Text(), "type": Text(choices=("charge", "payment_intent"))},
            required=("type",),
        ),
        "status": Text(choices=("canceled", "open", "paid")),
    }
    return [
        Endpoint("GET", _PAYMENTS, _list_payments, {**PAGING, **filters}),
        Endpoint("GET", f"{_PAYMENTS}/<payment_id>", _retrieve_payment),
    ]


def _create(account: Account, params: Json) -> Json:
    customer = beginning.find_customer(account, params["customer"])
    found = params.get("collection_method", "charge_automatically")
    if (found == "send_invoice") != ("days_until_due" in params):
        raise invalid_param(
            "days_until_due must be given when the invoice is sent, and only then.",
            param="days_until_due",
        )
    currency = params.get("currency") or _currency_waiting(account, customer["id"])
    included = params.get("pending_invoice_items_behavior") == "include"
    charged = billing_cycle.waiting_for(account, customer["id"], currency) if included else []
    invoice = invoices.draft(
        account,
        customer=customer,
        currency=currency,
        reason="manual",
        charged=charged,
        auto_advance=params.get("auto_advance", False),
        collection_method=found,
        default_payment_method=params.get("default_payment_method"),
        description=params.get("description"),
        metadata=params.get("metadata", {}),
        _days_until_due=params.get("days_until_due"),
    )
    for one in charged:
        waiting = account.store.get("invoiceitem", one.invoice_item or "") or {}
        account.store.put("invoiceitem", waiting | {"invoice": invoice["id"]})
    return invoice


def _list(account: Account, params: Json) -> Json:
    wanted = {
        name: params[name] for name in ("collection_method", "customer", "status") if name in params
    }
    rows = [
        invoice
        for invoice in reversed(account.store.all("invoice"))
        if within(invoice["created"], params.get("created", {}))
        and all(invoice[name] == value for name, value in wanted.items())
        and params.get("subscription", _of(invoice)) == _of(invoice)
    ]
    return cut(rows, kind="invoice", url=_PATH, params=params, known=account)


def _of(invoice: Json) -> str:
    return invoices.subscription_id_of(invoice)


def _update(account: Account, params: Json, invoice_id: str) -> Json:
    invoice = invoices.find(account, invoice_id)
    changes = {name: value for name, value in params.items() if name != "expand"}
    if "days_until_due" in changes:
        changes["_days_until_due"] = changes.pop("days_until_due")
    if "metadata" in changes:
        changes["metadata"] = laid_over(invoice["metadata"], changes["metadata"])
    if changes.keys() - {"metadata", "auto_advance", "default_payment_method"}:
        invoices.require(invoice, "changed", "draft")
    previous = {name: invoice.get(name) for name in changes if not name.startswith("_")}
    invoice |= changes
    account.store.put("invoice", invoice)
    account.announce("invoice.updated", invoice, previous=previous)
    return invoice


def _lines(account: Account, params: Json, invoice_id: str) -> Json:
    rows = invoices.find(account, invoice_id)["lines"]["data"]
    url = f"{_PATH}/{invoice_id}/lines"
    return cut(rows, kind="line_item", url=url, params=params, known=account)


def _doing(act: Callable[[Account, Json], Json]) -> Callable[..., Json]:
    def do(account: Account, params: Json, invoice_id: str) -> Json:
        return act(account, invoices.find(account, invoice_id))

    return do


def _finalize(account: Account, invoice: Json) -> Json:
    return collecting.open_and_ask(account, invoice)


def _send(account: Account, invoice: Json) -> Json:
    if invoice["collection_method"] != "send_invoice":
        raise StripeError("You can only manually send an invoice that is sent, not charged.")
    if invoice["status"] == "draft":
        collecting.open_and_ask(account, invoice)
    account.announce("invoice.sent", invoice)
    return invoice


def _pay(account: Account, params: Json, invoice_id: str) -> Json:
    return collecting.pay(
        account,
        invoices.find(account, invoice_id),
        method_id=params.get("payment_method", ""),
        is_elsewhere=params.get("paid_out_of_band", False),
    )


def _wait(account: Account, params: Json) -> Json:
    customer = beginning.find_customer(account, params["customer"])
    return items.wait(
        account,
        customer=customer["id"],
        amount=params["amount"],
        currency=params["currency"],
        description=params.get("description"),
        metadata=params.get("metadata", {}),
    )


def _waiting(account: Account, item_id: str) -> Json:
    found = account.store.get("invoiceitem", item_id)
    if found is None:
        raise missing("invoiceitem", item_id)
    return found


def _stop_waiting(account: Account, params: Json, item_id: str) -> Json:
    found = _waiting(account, item_id)
    if found["invoice"]:
        raise StripeError("You can't delete an invoice item that is on an invoice.")
    account.store.remove("invoiceitem", item_id)
    account.announce("invoiceitem.deleted", found)
    return {"id": item_id, "object": "invoiceitem", "deleted": True}


def _list_payments(account: Account, params: Json) -> Json:
    intent = params.get("payment", {}).get("payment_intent")
    wanted = {name: value for name, value in params.items() if name in ("invoice", "status")}
    rows = [
        one
        for one in reversed(account.store.all("invoice_payment"))
        if within(one["created"], params.get("created", {}))
        and all(one[name] == value for name, value in wanted.items())
        and intent in (None, one["payment"]["payment_intent"])
    ]
    return cut(rows, kind="invoice_payment", url=_PAYMENTS, params=params, known=account)


def _retrieve_payment(account: Account, params: Json, payment_id: str) -> Json:
    found = account.store.get("invoice_payment", payment_id)
    if found is None:
        raise missing("invoice_payment", payment_id)
    return found


def _currency_waiting(account: Account, customer_id: str) -> str:
    """What the customer is billed in, by what waits for them; pounds when nothing does."""
    waiting = [
        one["currency"]
        for one in account.store.all("invoiceitem")
        if one["customer"] == customer_id and one["invoice"] is None
    ]
    return str(waiting[0]) if waiting else "gbp"
