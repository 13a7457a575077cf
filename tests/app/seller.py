"""Somebody at Stripe's dashboard, with the real library, against the twin."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import stripe

KEY = "sk_test_twin_of_this_machine"


class Seller:
    """Somebody at Stripe's dashboard who sells subscriptions."""

    def __init__(self, twin: Any) -> None:
        self.twin = twin
        self.v1 = stripe.StripeClient(KEY, base_addresses={"api": twin.address}).v1

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.twin.account.clock.now(), UTC)

    def price(self, pennies: int | str, interval: Any = "month", count: int = 1) -> str:
        return self.v1.prices.create(
            params={
                "currency": "gbp",
                "unit_amount_decimal": str(pennies),  # type: ignore[typeddict-item]
                "recurring": {"interval": interval, "interval_count": count},
                "product_data": {"name": "Coffee"},
            }
        ).id

    def sell(self, *items: Any, **params: Any) -> str:
        """The new subscription's id; each item is a price's arguments and a quantity."""
        customer = self.v1.customers.create(
            params={
                "payment_method": "pm_card_visa",
                "invoice_settings": {"default_payment_method": "pm_card_visa"},
            }
        )
        sold: list[Any] = [
            {"price": self.price(*args), "quantity": quantity} for args, quantity in items
        ]
        given: Any = {"customer": customer.id, "items": sold, **params}
        return self.v1.subscriptions.create(params=given).id

    def coupon(self, **params: Any) -> list[dict[str, str]]:
        return [{"coupon": self.v1.coupons.create(params=params).id}]
