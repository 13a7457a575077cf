"""Stripe Billing: prices, pages that sell a subscription, subscriptions.

In this API version an item, not its subscription, knows the period it is paid for, and a
discount names its coupon under `source`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction

import stripe

from payments.gateway.billing_facts import (
    DiscountFact,
    ItemFact,
    ListedSubscription,
    NewPrice,
    NewSubscriptionSession,
    PriceFact,
    SubscriptionFact,
)
from payments.gateway.calling import SUBSCRIPTION_KEY, client, id_of, key_of, translating
from payments.gateway.checkout import session_fact
from payments.gateway.errors import GatewayError
from payments.gateway.facts import CheckoutSession

# For which products a coupon is Stripe says only when it is asked, and that is the fourth level.
_WHOLE_DISCOUNTS = ["discounts.source.coupon.applies_to"]
_ENDED = ("canceled", "incomplete_expired")


class CannotValue(GatewayError):
    """The shop does not know what this price comes to; a person must look."""


def find_price(*, lookup_key: str) -> PriceFact | None:
    """The one price in use under this key."""
    with translating():
        found = client().v1.prices.list(params={"lookup_keys": [lookup_key]})
    return next(map(_price, found.data), None)


def create_price(new: NewPrice) -> PriceFact:
    """A new price with its product. Stripe gives a lookup key to one price only, so asking twice
    makes no second one: that is Rejected."""
    with translating():
        made = client().v1.prices.create(
            params={
                "currency": new.currency.lower(),
                "unit_amount": new.unit_pennies,
                "recurring": {
                    "interval": new.interval,
                    "interval_count": new.interval_count,
                },
                "lookup_key": new.lookup_key,
                "product_data": {"name": new.name},
            },
            options={"idempotency_key": f"price-{new.lookup_key}"},
        )
    return _price(made)


def create_subscription_session(new: NewSubscriptionSession) -> CheckoutSession:
    """A hosted page that sells one of this price; the same one again for the same key."""
    about = {SUBSCRIPTION_KEY: new.key}
    known: stripe.params.checkout.SessionCreateParams = (
        {"customer": new.customer_id} if new.customer_id else {}
    )
    with translating():
        made = client().v1.checkout.sessions.create(
            params={
                "mode": "subscription",
                "line_items": [{"price": new.price_id, "quantity": 1}],
                "success_url": new.success_url,
                "cancel_url": new.cancel_url,
                "metadata": about,
                "subscription_data": {"metadata": about},
                **known,
            },
            options={"idempotency_key": new.key},
        )
    return session_fact(made)


def retrieve_subscription(subscription_id: str) -> SubscriptionFact:
    """The subscription as it is now, ended ones too. Raises CannotValue."""
    with translating():
        found = client().v1.subscriptions.retrieve(
            subscription_id, params={"expand": _WHOLE_DISCOUNTS}
        )
        return _subscription(found)


def end_with_period(subscription_id: str) -> SubscriptionFact:
    """Let the subscription end with the period that is paid for. Asking again changes nothing."""
    with translating():
        changed = client().v1.subscriptions.update(
            subscription_id, params={"cancel_at_period_end": True, "expand": _WHOLE_DISCOUNTS}
        )
        return _subscription(changed)


def find_subscription_paid_by(*, intent_id: str) -> str:
    """The id of the subscription whose invoice this PaymentIntent pays; empty when it pays none."""
    with translating():
        paid = client().v1.invoice_payments.list(
            params={
                "payment": {"type": "payment_intent", "payment_intent": intent_id},
                "expand": ["data.invoice"],
            }
        )
    invoice = next((one.invoice for one in paid.data), None)
    parent = getattr(invoice, "parent", None)
    details = parent.subscription_details if parent else None
    return id_of(details.subscription) if details else ""


def _price(found: stripe.Price) -> PriceFact:
    recurring = found.recurring
    return PriceFact(
        id=found.id,
        currency=found.currency.upper(),
        unit=Fraction(found.unit_amount_decimal or 0),
        interval=recurring.interval if recurring else "",
        interval_count=recurring.interval_count if recurring else 1,
    )


def _subscription(found: stripe.Subscription) -> SubscriptionFact:
    items = _whole_items(found)
    return SubscriptionFact(
        id=found.id,
        customer_id=id_of(found.customer),
        status=found.status,
        is_paused=found.pause_collection is not None,
        currency=found.currency.upper(),
        started_at=datetime.fromtimestamp(found.start_date, UTC),
        period_ends_at=_period_end(items),
        ends_at=_ends_at(found, items),
        ended_at=_moment(found.ended_at),
        items=tuple(_item(item, found) for item in items),
        discounts=_discounts(found.discounts, found),
        key=key_of(found),
    )


def _whole_items(of: stripe.Subscription) -> list[stripe.SubscriptionItem]:
    """All items, with the coupons of their own discounts while the subscription is worth
    anything. Stripe expands four levels deep, and for which products such a coupon is stands on
    the sixth, or on the fifth of a list of items: each item with discounts is asked for by
    itself."""
    items = _items(of)
    if of.status in _ENDED:
        return items
    return [_whole_item(item) if item.discounts else item for item in items]


def _whole_item(item: stripe.SubscriptionItem) -> stripe.SubscriptionItem:
    return client().v1.subscription_items.retrieve(item.id, params={"expand": _WHOLE_DISCOUNTS})


def _item(item: stripe.SubscriptionItem, of: stripe.Subscription) -> ItemFact:
    price = _price(item.price)
    recurring = item.price.recurring
    is_metered = recurring is not None and recurring.usage_type == "metered"
    if not is_metered and (
        item.price.billing_scheme != "per_unit" or item.price.transform_quantity is not None
    ):
        raise CannotValue(
            f"Subscription {of.id}: price {price.id} comes in tiers or packages, expected one "
            "price a unit; give it such a price at Stripe."
        )
    rates = item.tax_rates or of.default_tax_rates or []
    return ItemFact(
        id=item.id,
        price_id=price.id,
        product_id=id_of(item.price.product),
        unit=price.unit,
        quantity=getattr(item, "quantity", None) or 0,
        interval=price.interval,
        interval_count=price.interval_count,
        is_metered=is_metered,
        inclusive_tax=sum((_exact(rate.percentage) for rate in rates if rate.inclusive), _exact(0)),
        discounts=_discounts(item.discounts, of),
    )


def _discounts(
    applied: Sequence[str | stripe.Discount], of: stripe.Subscription
) -> tuple[DiscountFact, ...]:
    return tuple(_discount(one, of) for one in applied if not isinstance(one, str))


def _discount(one: stripe.Discount, of: stripe.Subscription) -> DiscountFact:
    coupon = one.source.coupon
    if coupon is None or isinstance(coupon, str):
        raise CannotValue(f"Subscription {of.id}: discount {one.id} came without its coupon.")
    if coupon.amount_off and coupon.currency != of.currency:
        raise CannotValue(
            f"Subscription {of.id}: coupon {coupon.id} is in {coupon.currency}, expected "
            f"{of.currency}; use a coupon in the subscription's currency."
        )
    limit = getattr(coupon, "applies_to", None)
    return DiscountFact(
        is_forever=coupon.duration == "forever",
        percent=_exact(coupon.percent_off or 0),
        off_pennies=coupon.amount_off or 0,
        product_ids=tuple(limit.products) if limit else (),
    )


def _exact(percentage: float) -> Fraction:
    """The decimal that Stripe wrote, which the library hands over as a float."""
    return Fraction(str(percentage))


def listed_fact(found: stripe.Subscription) -> ListedSubscription:
    """The subscription as a list shows it: without what its coupons come to."""
    items = _items(found)
    return ListedSubscription(
        id=found.id,
        status=found.status,
        is_paused=found.pause_collection is not None,
        currency=found.currency.upper(),
        ends_at=_ends_at(found, items),
        prices=tuple(sorted((i.price.id, getattr(i, "quantity", None) or 0) for i in items)),
        key=key_of(found),
    )


def _items(found: stripe.Subscription) -> list[stripe.SubscriptionItem]:
    # `items` is a method of dict, so the list is asked for by name.
    listed = found["items"]
    return list(listed.auto_paging_iter() if listed.has_more else listed.data)


def _period_end(items: list[stripe.SubscriptionItem]) -> datetime | None:
    return max(filter(None, (_moment(item.current_period_end) for item in items)), default=None)


def _ends_at(found: stripe.Subscription, items: list[stripe.SubscriptionItem]) -> datetime | None:
    return (
        _moment(found.ended_at)
        or _moment(found.cancel_at)
        or (_period_end(items) if found.cancel_at_period_end else None)
    )


def _moment(at: int | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)
