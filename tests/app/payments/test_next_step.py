"""The sentence that says what happens next."""

from __future__ import annotations

import pytest

from orders.models import Order
from payments.models import Payment
from payments.next_step import LATE_MONEY_CUSTOMER, LATE_MONEY_STAFF, for_customer, for_staff


def _order(status: str, *, captured: int = 0, refunded: int = 0) -> Order:
    return Order(
        pk=7,
        status=status,
        currency="GBP",
        total_pennies=1000,
        captured_pennies=captured,
        refunded_pennies=refunded,
    )


@pytest.mark.parametrize(
    ("payment", "sentence"),
    [
        (None, "Pay to complete the order, or cancel it."),
        (
            Payment(status="created"),
            "Payment was begun. If you have paid, we are waiting for Stripe's confirmation.",
        ),
        (
            Payment(status="created", last_failure="insufficient_funds"),
            "The last attempt failed (insufficient_funds). Nothing was taken; try again.",
        ),
        (
            Payment(status="requires_action"),
            "Your bank wants you to confirm the payment: go on to pay.",
        ),
        (
            Payment(status="processing"),
            "Your payment is being processed; nothing for you to do. It can take some days.",
        ),
        (Payment(status="canceled"), "Pay to complete the order, or cancel it."),
    ],
)
def test_a_pending_order_tells_the_customer_where_the_payment_stands(
    payment: Payment | None, sentence: str
) -> None:
    assert for_customer(_order("pending"), [payment] if payment else []) == sentence


def test_a_part_that_went_back_is_told() -> None:
    order = _order("fulfilled", captured=1000, refunded=250)
    assert for_customer(order, []) == "It is on its way to you. £2.50 of it was refunded."
    assert for_staff(order, []).endswith("£2.50 of it was refunded.")


@pytest.mark.parametrize(
    ("refunded", "is_part"), [(0, False), (1, True), (999, True), (1000, False)]
)
def test_part_is_more_than_nothing_and_less_than_all(refunded: int, is_part: bool) -> None:
    assert _order("paid", captured=1000, refunded=refunded).is_partly_refunded is is_part


def test_money_on_a_canceled_order_is_told() -> None:
    order = _order("canceled", captured=1000)
    assert for_customer(order, []) == LATE_MONEY_CUSTOMER
    assert for_staff(order, []) == LATE_MONEY_STAFF


def test_a_canceled_order_without_money_owes_nothing() -> None:
    order = _order("canceled", captured=1000, refunded=1000)
    assert for_customer(order, []) == "The order is canceled. Nothing is owed."
    assert for_staff(order, []) == "Nothing to do."


def test_staff_pack_what_is_paid_and_wait_for_what_is_not() -> None:
    assert for_staff(_order("paid", captured=1000), []) == "Pack it and mark it fulfilled."
    assert for_staff(_order("pending"), []) == "The customer has not paid yet; nothing to pack."
    processing = [Payment(status="processing")]
    assert for_staff(_order("pending"), processing) == (
        "The payment is being processed at Stripe; wait for it."
    )
