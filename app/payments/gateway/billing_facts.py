"""What Stripe Billing says, frozen. Prices and percentages are exact fractions, never floats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction


@dataclass(frozen=True)
class NewPrice:
    """A price to charge again and again, found again by its lookup key. Whole minor units."""

    lookup_key: str
    name: str
    currency: str
    unit_pennies: int
    interval: str
    interval_count: int


@dataclass(frozen=True)
class PriceFact:
    """A price as Stripe has it; a price never changes there."""

    id: str
    currency: str
    unit: Fraction
    interval: str
    interval_count: int


@dataclass(frozen=True)
class NewSubscriptionSession:
    """What a page that sells a subscription is made from. The same key must always come with the
    same rest. Without a `customer_id` Stripe makes a customer."""

    key: str
    price_id: str
    customer_id: str
    success_url: str
    cancel_url: str


@dataclass(frozen=True)
class DiscountFact:
    """A coupon that was applied: a percentage or an amount in minor units, for ever or not.
    `product_ids` are the only products that it lowers; empty when it lowers all."""

    is_forever: bool
    percent: Fraction
    off_pennies: int
    product_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class ItemFact:
    """One price of a subscription. `interval` is empty for what is charged once; `inclusive_tax`
    is the percentage that the price holds."""

    id: str
    price_id: str
    product_id: str
    unit: Fraction
    quantity: int
    interval: str
    interval_count: int
    is_metered: bool
    inclusive_tax: Fraction
    discounts: tuple[DiscountFact, ...]


@dataclass(frozen=True)
class ListedSubscription:
    """A subscription as a list shows it. `prices`: price id and quantity of each item, sorted."""

    id: str
    status: str
    is_paused: bool
    currency: str
    ends_at: datetime | None
    prices: tuple[tuple[str, int], ...]
    key: str


@dataclass(frozen=True)
class SubscriptionFact:
    """A subscription as Stripe has it. `ends_at` is when it ends or ended, None while it renews;
    `key` is empty when it was made in Stripe's own dashboard."""

    id: str
    customer_id: str
    status: str
    is_paused: bool
    currency: str
    started_at: datetime
    period_ends_at: datetime | None
    ends_at: datetime | None
    ended_at: datetime | None
    items: tuple[ItemFact, ...]
    discounts: tuple[DiscountFact, ...]
    key: str
