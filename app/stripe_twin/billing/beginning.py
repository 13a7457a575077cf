"""How a subscription begins: made, billed and, where its payment behavior says so, paid.

Source: docs.stripe.com/api/subscriptions/create.
"""

from __future__ import annotations

from stripe_twin import charges, methods
from stripe_twin.account import Account
from stripe_twin.billing import (
    billing_cycle,
    catalogue,
    collecting,
    coupons,
    items,
    standing,
    taxes,
)
from stripe_twin.billing.periods import period_at
from stripe_twin.billing.subscription_objects import items_of, period_end, subscription
from stripe_twin.errors import StripeError, invalid_param, missing
from stripe_twin.store import Json

_DAY_S = 86_400


def create(account: Account, params: Json) -> Json:
    """A new subscription, billed and, where the payment behavior says so, paid."""
    customer = find_customer(account, params["customer"])
    behavior = params.get("payment_behavior", "allow_incomplete")
    is_charged = params.get("collection_method", "charge_automatically") == "charge_automatically"
    is_tried = is_charged and behavior != "default_incomplete"
    is_alone = bool(params.get("off_session", False))
    sub, trial_end = _draft(account, customer, params)
    if is_tried and not trial_end:
        _require_payable(account, sub, customer, behavior, is_alone=is_alone)
    _open(account, sub, is_free=bool(trial_end))
    invoice = account.store.get("invoice", sub["latest_invoice"]) or {}
    if invoice["status"] == "open" and is_tried:
        collecting.collect(account, invoice, is_alone=is_alone)
    elif invoice["status"] == "open" and not is_charged:
        sub["status"] = "active"
    return standing.introduce(account, sub)


def begin(account: Account, customer: Json, params: Json) -> Json:
    """The subscription with its first invoice, open or, when it asks for nothing, paid; nobody
    has been told of it."""
    sub, trial_end = _draft(account, customer, params)
    _open(account, sub, is_free=bool(trial_end))
    return sub


def _draft(account: Account, customer: Json, params: Json) -> tuple[Json, int | None]:
    """The subscription as it will be, and the end of its trial; all refusals come before a word
    of it is kept."""
    now = account.clock.now()
    sub, trial_end = _blank(account, customer, params)
    for number, given in enumerate(params["items"]):
        at = f"items[{number}]"
        price = given.get("_price") or items.price_of(account, given, at=at)
        items.add(account, sub, given, price, trial_end=trial_end, at=at)
    if not trial_end and sub["start_date"] < now:
        _backdate(sub)
    set_ending(sub, params, now=now)
    rates = params.get("default_tax_rates") or []
    sub["default_tax_rates"] = taxes.find_all(account, rates, param="default_tax_rates")
    wanted = params.get("discounts") or []
    items.apply_discounts(account, sub, wanted, sub=sub, item=None, at="discounts")
    return sub, trial_end


def _open(account: Account, sub: Json, *, is_free: bool) -> None:
    """Keep it, and open its first invoice."""
    account.store.put("subscription", sub)
    billed = billing_cycle.bill(
        account, sub, items_of(sub), reason="subscription_create", is_free=is_free
    )
    collecting.open_and_ask(account, billed)
    if is_free:
        sub["status"] = "trialing"


def _require_payable(
    account: Account, sub: Json, customer: Json, behavior: str, *, is_alone: bool
) -> None:
    """Stripe's refusal of what nobody can pay, before anything is made of it."""
    prices = [(item["price"], item.get("quantity", 0)) for item in items_of(sub)]
    costs = [(price, catalogue.cost(price, quantity)) for price, quantity in prices]
    owed = sum(cost for _, cost in costs)
    for discount in sub["discounts"]:
        owed -= coupons.off_all(coupons.coupon_of(account, discount), costs, left=owed)
    on_file = (
        sub["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    )
    if owed and not on_file:
        raise collecting.no_method()
    card = methods.card_of(methods.find(account, on_file)) if owed else None
    if card is None or behavior != "error_if_incomplete":
        return
    if card.decline_alone if is_alone else card.decline or card.authenticates:
        raise methods.declined(card.decline or card.decline_alone or charges.NOT_AUTHENTICATED)


def set_ending(sub: Json, params: Json, *, now: int) -> None:
    """When it is to end; with the period, on a date, or not at all."""
    if "cancel_at" in params and "cancel_at_period_end" in params:
        raise invalid_param(
            "You may only specify one of these parameters: cancel_at, cancel_at_period_end.",
            param="cancel_at",
        )
    if "cancel_at" in params:
        at = params["cancel_at"]
        if at is not None and at <= now:
            raise invalid_param("cancel_at must be in the future.", param="cancel_at")
        sub |= {"cancel_at": at, "cancel_at_period_end": False}
        sub["canceled_at"] = now if at else None
    if "cancel_at_period_end" in params:
        ends = params["cancel_at_period_end"]
        if ends == sub["cancel_at_period_end"]:
            return
        sub |= {"cancel_at_period_end": ends, "cancel_at": period_end(sub) if ends else None}
        sub["canceled_at"] = now if ends else None
        reason = "cancellation_requested" if ends else None
        sub["cancellation_details"] = sub["cancellation_details"] | {"reason": reason}


def trial_end_of(params: Json, now: int) -> int | None:
    """When the trial that is asked for ends; None without one."""
    if params.get("trial_period_days"):
        return int(now + params["trial_period_days"] * _DAY_S)
    end = params.get("trial_end")
    if end is None or end == "now":
        return None
    if end <= now:
        raise invalid_param(
            "Invalid timestamp: must be an integer Unix timestamp in the future.", param="trial_end"
        )
    return int(end)


def find_customer(account: Account, customer_id: str) -> Json:
    """The customer who is to be billed; Stripe's refusal when there is none."""
    customer = account.store.get("customer", customer_id)
    if customer is None or customer.get("deleted"):
        raise missing("customer", customer_id, param="customer", status=400)
    return customer


def _blank(account: Account, customer: Json, params: Json) -> tuple[Json, int | None]:
    """A subscription without items, and when its trial ends, if it begins with one."""
    now = account.clock.now()
    first = params["items"][0]
    price = first.get("_price") or items.price_of(account, first, at="items[0]")
    first["_price"] = price
    start = params.get("backdate_start_date", now)
    if start > now:
        raise invalid_param("backdate_start_date must be in the past.", param="backdate_start_date")
    if "default_payment_method" in params:
        _require_method(account, params["default_payment_method"], customer["id"])
    sub = subscription(
        params=params, customer=customer["id"], currency=price["currency"], start=start, now=now
    )
    trial_end = trial_end_of(params, now)
    if trial_end:
        sub |= {
            "trial_start": now,
            "trial_end": trial_end,
            "billing_cycle_anchor": trial_end,
        }
    elif "billing_cycle_anchor" in params:
        sub["billing_cycle_anchor"] = params["billing_cycle_anchor"]
    elif start < now:
        sub["billing_cycle_anchor"] = start
    return sub, trial_end


def _backdate(sub: Json) -> None:
    """The first period begins when the subscription did, if that is within one period."""
    for one in items_of(sub):
        start, end = period_at(
            one["price"]["recurring"], anchor=sub["billing_cycle_anchor"], moment=sub["created"]
        )
        one |= {"current_period_start": start, "current_period_end": end}


def _require_method(account: Account, method_id: str, customer_id: str) -> None:
    method = account.store.get("payment_method", method_id)
    if method is None or method["customer"] != customer_id:
        raise StripeError(
            f"The customer does not have a payment method with the ID {method_id}. The payment "
            "method must be attached to the customer.",
            param="default_payment_method",
            code="resource_missing",
        )
