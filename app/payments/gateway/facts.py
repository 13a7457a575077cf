"""What goes to Stripe and comes back, frozen. Stripe's own objects never leave this package."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class PageStatus(StrEnum):
    """Where a payment page stands at Stripe."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class PagePayment(StrEnum):
    """Whether what a page asked for was paid; a slow bank leaves a complete page unpaid."""

    PAID = "paid"
    UNPAID = "unpaid"
    NOT_REQUIRED = "no_payment_required"


class EndpointStatus(StrEnum):
    """Whether Stripe sends events to an address."""

    ENABLED = "enabled"
    DISABLED = "disabled"


@dataclass(frozen=True)
class Line:
    """One line of a payment page. Whole minor units."""

    name: str
    unit_pennies: int
    quantity: int


@dataclass(frozen=True)
class NewSession:
    """What a payment page is made from. The same key must always come with the same rest."""

    key: str
    order_id: int
    currency: str
    lines: tuple[Line, ...]
    success_url: str
    cancel_url: str


@dataclass(frozen=True)
class CheckoutSession:
    """A payment page. `complete` alone is no payment; see `payment_status`. One that sells a
    subscription names it once it is complete, and has no intent of its own."""

    id: str
    status: str
    payment_status: str
    url: str
    intent_id: str
    key: str
    subscription_id: str = ""


@dataclass(frozen=True)
class Intent:
    """A PaymentIntent. `received_pennies` is what was captured, in whole minor units."""

    id: str
    status: str
    amount_pennies: int
    received_pennies: int
    currency: str
    key: str
    failure: str


@dataclass(frozen=True)
class RefundFact:
    """A refund as Stripe has it. `key` is empty when it was made in Stripe's own dashboard."""

    id: str
    status: str
    amount_pennies: int
    currency: str
    intent_id: str
    key: str
    failure: str


@dataclass(frozen=True)
class DisputeFact:
    """A dispute as Stripe has it, in whole minor units."""

    id: str
    status: str
    amount_pennies: int
    currency: str
    reason: str
    intent_id: str
    opened_at: datetime
    respond_by: datetime | None


@dataclass(frozen=True)
class Endpoint:
    """An address that Stripe sends events to. Without an `api_version` of its own it gets the
    account's; `enabled_events` are types, or `*` for all."""

    id: str
    url: str
    status: str
    api_version: str
    enabled_events: tuple[str, ...]


@dataclass(frozen=True)
class Event:
    """An event whose signature was verified, or that Stripe was asked for. `payload` is the
    whole body."""

    id: str
    type: str
    api_version: str
    livemode: bool
    created_at: datetime
    object_type: str
    object_id: str
    payload: dict[str, Any]
