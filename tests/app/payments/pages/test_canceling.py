"""payments.services.cancel: what is asked of Stripe before an order is canceled, and what keeps it
open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Entry
from core.actor import Actor
from orders import services as orders
from orders.models import Order
from payments import gateway, services
from payments.models import Payment
from payments.services import CannotCancel
from tests.app.payments.pages.conftest import (
    KEY_LIFE,
    OPS,
    REFUSED,
    SECOND,
    WAITS,
    Stripe,
    payments,
)


@pytest.fixture
def cancel(order: Order, now: datetime) -> Callable[[], Order]:
    return lambda: services.cancel(order=order, by=OPS, reason="asked by phone", now=now)


def page_of(payment: Payment, stripe: Stripe, status: str = "open", paid: str = "unpaid") -> None:
    Payment.objects.filter(pk=payment.pk).update(stripe_session_id="cs_1")
    stripe.has("cs_1", payment.idempotency_key, status, paid)


@pytest.mark.parametrize(
    ("status", "asked"), [("open", ["retrieve", "expire"]), ("expired", ["retrieve"])]
)
def test_the_page_is_closed_first_and_nobody_elses(
    begun: Payment, stripe: Stripe, cancel: Any, other: Payment, status: str, asked: list[str]
) -> None:
    page_of(begun, stripe, status)
    assert cancel().status == "canceled"
    assert [what for what, _ in stripe.asked] == asked
    assert {page for _, page in stripe.asked} == {"cs_1"}
    assert payments(begun.order) == [("canceled", "cs_1", "")]
    assert payments(other.order) == [("created", "cs_other", "")]
    other.order.refresh_from_db()
    assert other.order.status == "pending"


def test_without_a_live_payment_nothing_is_asked(
    order: Order, stripe: Stripe, cancel: Any, other: Payment
) -> None:
    Payment.objects.filter(order=order).update(status="canceled")
    assert cancel().status == "canceled"
    assert stripe.asked == []
    assert payments(other.order) == [("created", "cs_other", "")]


def test_a_page_that_stripe_never_makes_needs_no_closing(
    order: Order, stripe: Stripe, cancel: Any
) -> None:
    stripe.says = gateway.Rejected("amount too small")
    assert cancel().status == "canceled"
    assert (stripe.asked, payments(order)) == (
        [("create", "key-1")],
        [("canceled", None, "amount too small")],
    )


def test_a_page_that_was_never_made_needs_no_closing_either(
    order: Order, stripe: Stripe, now: datetime
) -> None:
    later = now + KEY_LIFE + SECOND
    services.cancel(order=order, by=OPS, reason="asked by phone", now=later)
    assert [what for what, *_ in stripe.asked] == ["find"]
    assert payments(order) == [("canceled", None, "")]


def refused(order: Order, cancel: Any, sentence: str) -> None:
    """Nothing was done, and the refusal is on record."""
    before = payments(order)
    with pytest.raises(CannotCancel, match=sentence):
        cancel()
    order.refresh_from_db()
    assert (order.status, payments(order)) == ("pending", before)
    assert Entry.objects.latest("id").action == "refused"


def test_a_page_that_was_paid_keeps_the_order_open(
    begun: Payment, stripe: Stripe, cancel: Any
) -> None:
    page_of(begun, stripe, "complete", "paid")
    refused(begun.order, cancel, "a payment is being made; wait for it, then ask for a refund")


@pytest.mark.parametrize("waits", WAITS)
def test_a_page_whose_bank_has_not_decided_keeps_the_order_open(
    begun: Payment, stripe: Stripe, cancel: Any, waits: str
) -> None:
    page_of(begun, stripe, "complete")
    stripe.intent = waits
    refused(begun.order, cancel, "a payment is being made; wait for it, then ask for a refund")


@pytest.mark.parametrize("no", REFUSED)
def test_a_page_whose_bank_refused_needs_no_closing(
    begun: Payment, stripe: Stripe, cancel: Any, other: Payment, no: str
) -> None:
    page_of(begun, stripe, "complete")
    stripe.intent = no
    assert cancel().status == "canceled"
    assert stripe.asked == [("retrieve", "cs_1"), ("retrieve", "pi_of_cs_1")]
    assert payments(begun.order) == [("canceled", "cs_1", "")]
    assert payments(other.order) == [("created", "cs_other", "")]


def test_a_page_that_cannot_be_closed_keeps_the_order_open(
    begun: Payment, stripe: Stripe, cancel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_of(begun, stripe)

    def no(page_id: str) -> gateway.CheckoutSession:
        raise gateway.Rejected("only open pages can be expired")

    monkeypatch.setattr(gateway, "expire_session", no)
    refused(begun.order, cancel, r"could not be closed \(only open pages .*\); wait a minute")


def test_money_that_came_meanwhile_keeps_the_order_open(
    begun: Payment, stripe: Stripe, now: datetime
) -> None:
    """Once the page is closed the payments are looked at again, by whoever holds the order."""
    for status, captured in (("processing", 0), ("succeeded", 500)):
        Payment.objects.update(status=status, captured_pennies=captured)
        with pytest.raises(CannotCancel, match=f"a payment is {status}; wait for it, or refund"):
            services._drop_live_payments(begun.order, closed=begun)
        assert payments(begun.order) == [(status, None, "")]


def test_a_payment_that_was_begun_meanwhile_keeps_the_order_open(
    begun: Payment, other: Payment
) -> None:
    with pytest.raises(CannotCancel, match="a payment was just begun; ask again"):
        services._drop_live_payments(begun.order, closed=None)
    assert payments(begun.order) == [("created", None, "")]
    Payment.objects.filter(pk=begun.pk).update(status="canceled")
    services._drop_live_payments(begun.order, closed=None)
    assert payments(other.order) == [("created", "cs_other", "")]


def test_no_answer_changes_nothing(order: Order, stripe: Stripe, cancel: Any) -> None:
    stripe.says = gateway.Unknown("no answer")
    with pytest.raises(gateway.Unknown):
        cancel()
    order.refresh_from_db()
    assert (order.status, payments(order)) == ("pending", [("created", None, "")])


def test_whoever_may_not_cancel_never_reaches_stripe(
    order: Order, stripe: Stripe, now: datetime
) -> None:
    analyst = Actor(id=4, role="analyst", origin="web")
    with pytest.raises(orders.IllegalMove):
        services.cancel(order=order, by=analyst, reason="tidy", now=now)
    assert stripe.asked == []
    assert Entry.objects.latest("id").action == "refused"


def test_order_and_payments_are_held_before_either_is_given_up(
    begun: Payment, stripe: Stripe, cancel: Any
) -> None:
    page_of(begun, stripe, "expired")
    with CaptureQueriesContext(connection) as queries:
        cancel()
    locks = [query["sql"] for query in queries if query["sql"].endswith("FOR UPDATE")]
    held = [sql.split(' FROM "')[1].split('"')[0] for sql in locks]
    assert held == ["orders_order", "payments_payment", "orders_order"]


def test_a_cancel_that_cannot_be_written_gives_no_payment_up(
    begun: Payment, stripe: Stripe, cancel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_of(begun, stripe)

    def full(**_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(orders, "move", full)
    with pytest.raises(OSError, match="disk full"):
        cancel()
    assert payments(begun.order) == [("created", "cs_1", "")]
