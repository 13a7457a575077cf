"""What a subscription is billed for: its items' next periods, and what waits for its customer."""

from __future__ import annotations

from collections.abc import Sequence

from stripe_twin.account import Account
from stripe_twin.billing import catalogue, coupons, invoices, items
from stripe_twin.billing.invoice_objects import Charged
from stripe_twin.store import Json


def bill(
    account: Account,
    sub: Json,
    billed: Sequence[Json],
    *,
    reason: str,
    is_free: bool = False,
    **fields: object,
) -> Json:
    """A draft for the present periods of these items; in a trial they come to nothing."""
    customer = account.store.get("customer", sub["customer"]) or {}
    drop_spent(account, sub)
    waiting = [] if is_free else _waiting(account, sub)
    charged = [_waited(one) for one in waiting]
    charged += [_charged(account, sub, item, is_free=is_free) for item in billed]
    invoice = invoices.draft(
        account,
        customer=customer,
        currency=sub["currency"],
        reason=reason,
        charged=charged,
        discounts=[] if is_free else sub["discounts"],
        sub=sub,
        period_start=min((c.start for c in charged), default=account.clock.now()),
        period_end=account.clock.now(),
        _days_until_due=sub["days_until_due"],
        **fields,
    )
    for one in waiting:
        one["invoice"] = invoice["id"]
        account.store.put("invoiceitem", one)
    if not is_free:
        _use_up(account, sub)
    return invoice


def waiting_for(account: Account, customer: str, currency: str) -> list[Charged]:
    """All that waits for the customer and belongs to no subscription."""
    return [
        _waited(one)
        for one in account.store.all("invoiceitem")
        if one["customer"] == customer
        and one["invoice"] is None
        and one["parent"] is None
        and one["currency"] == currency
    ]


def drop_spent(account: Account, sub: Json) -> None:
    """Discounts whose months are over leave the subscription and its items."""
    for owner in (sub, *sub["items"]["data"]):
        for one in [d for d in owner["discounts"] if coupons.is_over(account, d)]:
            owner["discounts"] = [d for d in owner["discounts"] if d != one]
            coupons.drop(account, one)


def _use_up(account: Account, sub: Json) -> None:
    """A coupon that counts once has counted."""
    for owner in (sub, *sub["items"]["data"]):
        for one in list(owner["discounts"]):
            if coupons.coupon_of(account, one)["duration"] == "once":
                owner["discounts"] = [d for d in owner["discounts"] if d != one]
                coupons.drop(account, one)


def _waiting(account: Account, sub: Json) -> list[Json]:
    return [
        one
        for one in account.store.all("invoiceitem")
        if one["customer"] == sub["customer"]
        and one["invoice"] is None
        and one["currency"] == sub["currency"]
        and _is_for(one, sub)
    ]


def _is_for(waiting: Json, sub: Json) -> bool:
    parent = waiting["parent"]
    return parent is None or parent["subscription_details"]["subscription"] == sub["id"]


def _waited(one: Json) -> Charged:
    parent = one["parent"]
    return Charged(
        amount=one["amount"],
        description=one["description"] or "",
        start=one["period"]["start"],
        end=one["period"]["end"],
        quantity=one["quantity"],
        subscription=parent["subscription_details"]["subscription"] if parent else None,
        invoice_item=one["id"],
        is_proration=one["proration"],
        is_discountable=one["discountable"],
        rates=list(one["tax_rates"]),
    )


def _charged(account: Account, sub: Json, item: Json, *, is_free: bool) -> Charged:
    price = item["price"]
    # Nobody reports use to the twin, so what is charged by use comes to nothing.
    quantity = 0 if catalogue.is_metered(price) else item["quantity"]
    name = items.name_of(account, price)
    return Charged(
        amount=0 if is_free else catalogue.cost(price, quantity),
        description=f"Trial period for {name}" if is_free else f"{quantity} × {name}",
        start=item["current_period_start"],
        end=item["current_period_end"],
        quantity=quantity,
        price=price,
        subscription=sub["id"],
        item=item["id"],
        discounts=() if is_free else tuple(item["discounts"]),
        rates=item["tax_rates"] or sub["default_tax_rates"],
    )
