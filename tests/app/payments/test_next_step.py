"""The sentence that says what happens next."""

from __future__ import annotations

import pytest

from orders.models import Order
from payments.models import Dispute, Payment
from payments.next_step import LATE_MONEY_CUSTOMER, LATE_MONEY_STAFF, for_customer, for_staff
from tests.app.conftest import NOW


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


def test_late_money_that_the_bank_took_back_is_no_longer_held() -> None:
    _, payments = _paid(disputed=1000)
    order = _order("canceled", captured=1000)
    assert for_customer(order, payments) == "The order is canceled. Nothing is owed."
    assert for_staff(order, payments) == (
        "Nothing to do. The bank gave £10.00 of it back in a dispute."
    )


def test_staff_pack_what_is_paid_and_wait_for_what_is_not() -> None:
    assert for_staff(_order("paid", captured=1000), []) == "Pack it and mark it fulfilled."
    assert for_staff(_order("pending"), []) == "The customer has not paid yet; nothing to pack."
    processing = [Payment(status="processing")]
    assert for_staff(_order("pending"), processing) == (
        "The payment is being processed at Stripe; wait for it."
    )


def _paid(*, disputed: int, refunded: int = 0) -> tuple[Order, list[Payment]]:
    order = _order("paid", captured=1000, refunded=refunded)
    payment = Payment(
        status="succeeded",
        currency="GBP",
        captured_pennies=1000,
        refunded_pennies=refunded,
        disputed_pennies=disputed,
    )
    return order, [payment]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("needs_response", "Answer it at Stripe by 2026-03-02 12:00 UTC."),
        ("warning_needs_response", "Answer it at Stripe by 2026-03-02 12:00 UTC."),
        ("under_review", "It was answered; wait for the bank."),
        ("warning_under_review", "It was answered; wait for the bank."),
    ],
)
def test_while_a_dispute_is_open_nobody_packs(status: str, sentence: str) -> None:
    """An inquiry too, of which no amount tells."""
    order, payments = _paid(disputed=0)
    disputes = [Dispute(status="won"), Dispute(status=status, respond_by=NOW)]
    assert for_staff(order, payments, disputes) == f"A dispute is open: do not send it. {sentence}"
    assert for_customer(order, payments, disputes) == (
        "The payment is disputed at the bank. The order is not sent before that is settled."
    )


def test_a_dispute_without_a_last_day_is_answered_all_the_same() -> None:
    order, payments = _paid(disputed=1000)
    disputes = [Dispute(status="needs_response")]
    assert for_staff(order, payments, disputes) == (
        "A dispute is open: do not send it. Answer it at Stripe."
    )


@pytest.mark.parametrize("status", ["fulfilled", "refunded", "canceled"])
def test_of_an_open_dispute_staff_are_told_wherever_the_order_stands(status: str) -> None:
    order = _order(status, captured=1000)
    disputes = [Dispute(status="needs_response", respond_by=NOW)]
    assert for_staff(order, [], disputes) == (
        "A dispute is open. Answer it at Stripe by 2026-03-02 12:00 UTC."
    )


def test_what_the_bank_took_back_is_not_packed() -> None:
    order, payments = _paid(disputed=750, refunded=250)
    disputes = [Dispute(status="lost")]
    assert for_staff(order, payments, disputes) == (
        "Do not send it: the bank took the payment back in a dispute. Nothing to do."
        " £2.50 of it was refunded."
    )
    assert for_customer(order, payments, disputes) == (
        "Your bank took the payment back, so the order is not sent. Nothing is owed."
        " £2.50 of it was refunded."
    )


def test_what_a_dispute_left_is_sent_knowing_how_much_went() -> None:
    order, payments = _paid(disputed=400)
    disputes = [Dispute(status="lost")]
    assert for_staff(order, payments, disputes) == (
        "Pack it and mark it fulfilled. The bank gave £4.00 of it back in a dispute."
    )
    assert for_customer(order, payments, disputes) == (
        "Paid, thank you. We are packing it; nothing for you to do."
    )
