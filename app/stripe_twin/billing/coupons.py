"""Coupons, and the discounts that they become when they are applied."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from stripe_twin.account import Account
from stripe_twin.billing import catalogue
from stripe_twin.billing.periods import months_after
from stripe_twin.errors import StripeError, invalid_param, missing
from stripe_twin.ids import new_id
from stripe_twin.objects import blank
from stripe_twin.store import Json


def create(account: Account, params: Json) -> Json:
    """A percentage or an amount off: once, for some months, or for ever."""
    if ("percent_off" in params) == ("amount_off" in params):
        raise invalid_param("Must provide percent_off or amount_off.", param="percent_off")
    if "amount_off" in params and "currency" not in params:
        raise invalid_param("You must pass currency when passing amount_off", param="currency")
    duration = params.get("duration", "once")
    if (duration == "repeating") != ("duration_in_months" in params):
        raise invalid_param(
            "duration_in_months must be given for a coupon that repeats, and for no other.",
            param="duration_in_months",
        )
    for product in params.get("applies_to", {}).get("products", ()):
        catalogue.find_product(account, product, param="applies_to[products]")
    coupon = _object(params, duration=duration, now=account.clock.now())
    if account.store.get("coupon", coupon["id"]):
        raise StripeError("Coupon already exists.", code="resource_already_exists", param="id")
    account.store.put("coupon", coupon)
    account.announce("coupon.created", coupon)
    return coupon


def find(account: Account, coupon_id: str, *, param: str = "id") -> Json:
    """The coupon; Stripe's refusal when there is none."""
    coupon = account.store.get("coupon", coupon_id)
    if coupon is None or coupon.get("_deleted"):
        raise missing("coupon", coupon_id, param=param, status=404 if param == "id" else 400)
    return coupon


def delete(account: Account, coupon_id: str) -> Json:
    """Nobody can apply it any more; where it was applied it goes on."""
    coupon = find(account, coupon_id)
    account.store.put("coupon", coupon | {"_deleted": True, "valid": False})
    account.announce("coupon.deleted", coupon)
    return {"id": coupon_id, "object": "coupon", "deleted": True}


def apply(
    account: Account,
    coupon_id: str,
    *,
    customer: str | None,
    subscription: str | None,
    item: str | None = None,
    param: str,
) -> Json:
    """The discount that applying the coupon makes, from now on."""
    coupon = find(account, coupon_id, param=param)
    now = account.clock.now()
    is_late = coupon["redeem_by"] is not None and coupon["redeem_by"] <= now
    if is_late or not coupon["valid"]:
        raise StripeError(f"Coupon expired: {coupon_id}", code="coupon_expired", param=param)
    coupon["times_redeemed"] += 1
    most = coupon["max_redemptions"]
    coupon["valid"] = most is None or coupon["times_redeemed"] < most
    account.store.put("coupon", coupon)
    months = coupon["duration_in_months"]
    discount = blank("checkout_session customer_account invoice invoice_item promotion_code") | {
        "id": new_id("di"),
        "object": "discount",
        "customer": customer,
        "end": months_after(now, months) if months else None,
        "source": {"coupon": coupon_id, "type": "coupon"},
        "start": now,
        "subscription": subscription,
        "subscription_item": item,
    }
    account.store.put("discount", discount)
    account.announce("customer.discount.created", discount)
    return discount


def drop(account: Account, discount_id: str) -> None:
    """The discount has had its time, or somebody took it away."""
    discount = account.store.get("discount", discount_id)
    if discount:
        account.announce("customer.discount.deleted", discount)


def coupon_of(account: Account, discount_id: str) -> Json:
    """The coupon behind a discount, also one that was deleted since."""
    discount = account.store.get("discount", discount_id) or {}
    return account.store.get("coupon", discount["source"]["coupon"]) or {}


def is_over(account: Account, discount_id: str) -> bool:
    """Whether a discount that repeats has come to its end."""
    end = (account.store.get("discount", discount_id) or {}).get("end")
    return end is not None and end <= account.clock.now()


def lowers(coupon: Json, price: Json | None) -> bool:
    """Whether the coupon takes from what this price asks for: it may be for some products only."""
    limit = coupon.get("_applies_to")
    return limit is None or (price is not None and price["product"] in limit["products"])


def off_all(coupon: Json, costs: Iterable[tuple[Json, int]], *, left: int) -> int:
    """What the coupon takes from all these prices together, of which so much is left to pay."""
    return off(coupon, min(left, sum(cost for price, cost in costs if lowers(coupon, price))))


def off(coupon: Json, amount: int) -> int:
    """What the coupon takes from an amount; never more than there is."""
    if coupon["amount_off"]:
        return min(int(coupon["amount_off"]), amount)
    exact = Decimal(amount) * Decimal(str(coupon["percent_off"])) / 100
    return int(exact.to_integral_value(rounding=ROUND_HALF_UP))


def _object(params: Json, *, duration: str, now: int) -> Json:
    percent = params.get("percent_off")
    return {
        "id": params.get("id") or new_id("c", 8)[2:],
        "object": "coupon",
        "amount_off": params.get("amount_off"),
        "created": now,
        "currency": params.get("currency") if "amount_off" in params else None,
        "duration": duration,
        "duration_in_months": params.get("duration_in_months"),
        "livemode": False,
        "max_redemptions": params.get("max_redemptions"),
        "metadata": params.get("metadata", {}),
        "name": params.get("name"),
        "percent_off": float(percent) if percent is not None else None,
        "redeem_by": params.get("redeem_by"),
        "times_redeemed": 0,
        "valid": True,
        "_applies_to": params.get("applies_to"),
    }
