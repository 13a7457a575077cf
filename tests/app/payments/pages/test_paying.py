"""payments.checkout: what is asked of Stripe for a payment page, and when it is made again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actor import Actor
from orders.models import Order
from payments import checkout, gateway
from payments.models import Payment
from payments.services import CannotPay
from tests.app.payments.pages.conftest import (
    KEY_LIFE,
    OPS,
    REFUSED,
    SECOND,
    WAITS,
    Stripe,
    another,
    payments,
)

LONG = "x" * 121


@pytest.fixture
def cara(order: Order) -> Actor:
    return Actor(id=order.customer_id, role="customer", origin="web")


@pytest.fixture
def pay(order: Order, cara: Actor, now: datetime) -> Callable[..., Payment]:
    def pay(*, of: Order | None = None, by: Actor = cara, at: datetime = now) -> Payment:
        return checkout.start_checkout(order=of or order, by=by, now=at)

    return pay


def test_a_first_payment_is_the_orders_own_and_has_an_open_page(
    order: Order, stripe: Stripe, pay: Any, now: datetime
) -> None:
    first = another(order, now)
    payment = pay(of=first)
    assert (payment.order, payment.currency, payment.amount_pennies) == (first, "GBP", 500)
    assert (payment.stripe_session_id, payment.created_at) == ("cs_1", now)
    assert payment.checkout_url == "https://stripe.test/cs_1"
    assert payment.idempotency_key != "key-1"
    assert stripe.asked == [("create", payment.idempotency_key)]


def test_paying_again_comes_back_to_the_open_page(order: Order, stripe: Stripe, pay: Any) -> None:
    assert pay() == pay()
    assert stripe.asked == [("create", "key-1"), ("retrieve", "cs_1")]
    assert payments(order) == [("created", "cs_1", "")]


def test_no_answer_is_asked_for_again_with_the_same_key_for_as_long_as_it_lives(
    order: Order, stripe: Stripe, pay: Any, now: datetime
) -> None:
    stripe.says = gateway.Unknown("no answer")
    with pytest.raises(gateway.Unknown):
        pay()
    assert payments(order) == [("created", None, "")]
    assert pay(at=now + KEY_LIFE).stripe_session_id == "cs_1"
    assert stripe.asked == [("create", "key-1")] * 2


def test_after_the_keys_life_the_page_is_looked_up(
    order: Order, stripe: Stripe, pay: Any, now: datetime
) -> None:
    stripe.has("cs_7", "key-1")
    assert pay(at=now + KEY_LIFE + SECOND).stripe_session_id == "cs_7"
    assert stripe.asked == [("find", "key-1", now - timedelta(minutes=10))]


def test_a_page_that_was_never_made_or_has_expired_gives_a_new_payment(
    order: Order, stripe: Stripe, pay: Any, now: datetime
) -> None:
    later = now + KEY_LIFE + SECOND
    assert pay(at=later).stripe_session_id == "cs_1"
    stripe.has("cs_1", "key-of-the-second", "expired")
    assert pay(at=later).stripe_session_id == "cs_2"
    assert payments(order) == [
        ("canceled", None, ""),
        ("canceled", "cs_1", ""),
        ("created", "cs_2", ""),
    ]


@pytest.mark.parametrize("paid", ["paid", "no_payment_required"])
def test_a_page_that_was_paid_is_waited_for(
    order: Order, stripe: Stripe, pay: Any, paid: str
) -> None:
    """Whatever its intent says, which may have been asked a moment too early."""
    pay()
    stripe.has("cs_1", "key-1", "complete", paid)
    stripe.intent = "requires_payment_method"
    with pytest.raises(CannotPay, match=r"its payment page is complete; wait a minute"):
        pay()
    assert payments(order) == [("created", "cs_1", "")]


@pytest.mark.parametrize("waits", WAITS)
def test_a_page_whose_bank_has_not_decided_is_waited_for(
    order: Order, stripe: Stripe, pay: Any, waits: str
) -> None:
    pay()
    stripe.has("cs_1", "key-1", "complete")
    stripe.intent = waits
    with pytest.raises(CannotPay, match=r"its payment page is complete; wait a minute"):
        pay()
    assert payments(order) == [("created", "cs_1", "")]
    assert stripe.asked[1:] == [("retrieve", "cs_1"), ("retrieve", "pi_of_cs_1")]


@pytest.mark.parametrize("refused", REFUSED)
def test_a_page_whose_bank_refused_gives_a_new_payment(
    order: Order, stripe: Stripe, pay: Any, refused: str
) -> None:
    pay()
    stripe.has("cs_1", "key-1", "complete")
    stripe.intent = refused
    assert pay().stripe_session_id == "cs_2"
    assert payments(order) == [("canceled", "cs_1", ""), ("created", "cs_2", "")]


OVER = {
    ("expired", "unpaid", "canceled"): True,
    ("open", "unpaid", "requires_payment_method"): False,
    ("complete", "paid", "requires_payment_method"): False,
    ("complete", "no_payment_required", "requires_payment_method"): False,
    **{("complete", "unpaid", waits): False for waits in WAITS},
    **{("complete", "unpaid", refused): True for refused in REFUSED},
}


@pytest.mark.parametrize(("status", "paid", "intent", "over"), [(*k, v) for k, v in OVER.items()])
def test_a_page_is_over_when_no_money_of_it_can_come(
    stripe: Stripe, status: str, paid: str, intent: str, over: bool
) -> None:
    stripe.intent = intent
    assert checkout.is_over(stripe.has("cs_1", "key-1", status, paid)) is over


def test_a_page_that_was_never_made_is_over() -> None:
    assert checkout.is_over(None) is True


def test_a_card_that_was_refused_leaves_the_page_open(
    order: Order, stripe: Stripe, pay: Any
) -> None:
    stripe.intent = "requires_payment_method"
    assert pay() == pay()
    assert payments(order) == [("created", "cs_1", "")]


def test_a_no_is_kept_as_far_as_it_fits_and_the_order_can_be_paid_again(
    order: Order, stripe: Stripe, pay: Any, other: Payment
) -> None:
    stripe.says = gateway.Rejected(LONG)
    with pytest.raises(CannotPay, match=r"Stripe made no payment page \(x+\); please tell us"):
        pay()
    assert payments(order) == [("canceled", None, LONG[:120])]
    assert pay().stripe_session_id == "cs_1"
    assert payments(other.order) == [("created", "cs_other", "")]


def test_what_was_paid_is_never_given_up(begun: Payment) -> None:
    Payment.objects.update(status="succeeded", captured_pennies=500)
    checkout.give_up(begun)
    assert payments(begun.order) == [("succeeded", None, "")]


def test_nothing_is_asked_for_an_order_of_somebody_else_or_one_that_needs_no_payment(
    order: Order, stripe: Stripe, pay: Any, cara: Actor
) -> None:
    stranger = Actor(id=order.customer_id + 1, role="customer", origin="web")
    with pytest.raises(CannotPay, match="not yours; only the person who placed it can pay"):
        pay(by=stranger)
    Payment.objects.update(status="processing")
    with pytest.raises(CannotPay, match="a payment is being processed; wait for it"):
        pay()
    Payment.objects.update(status="canceled")
    Order.objects.update(status="canceled")
    with pytest.raises(CannotPay, match="canceled, expected pending; nothing to pay"):
        pay()
    assert (stripe.asked, len(payments(order))) == ([], 1)


def test_staff_may_pay_for_a_customer(order: Order, stripe: Stripe, pay: Any) -> None:
    assert pay(by=OPS).stripe_session_id == "cs_1"


def test_the_order_is_held_while_its_payment_is_chosen(
    order: Order, stripe: Stripe, pay: Any
) -> None:
    """So two clicks at once choose the same one."""
    with CaptureQueriesContext(connection) as queries:
        pay()
    locks = [query["sql"] for query in queries if query["sql"].endswith("FOR UPDATE")]
    assert [sql.split(' FROM "')[1].split('"')[0] for sql in locks] == ["orders_order"]
