"""refunds.services._take: money is reserved by one statement, as much as the payment bears."""

from __future__ import annotations

from datetime import datetime

import pytest

from orders.services import place
from payments import gateway
from payments import services as payments
from payments.models import Payment
from refunds.services import CannotRefund, _take


@pytest.fixture
def payment(begun: Payment, now: datetime) -> Payment:
    """£5.00 captured: £1.00 went back and 50p are on their way."""
    paid = gateway.Intent("pi_1", "succeeded", 500, 500, "GBP", "key-1", "")
    payments.settle(payment=begun, intent=paid, now=now)
    Payment.objects.update(refunded_pennies=100, pending_refund_pennies=50)
    return begun


@pytest.fixture
def other(payment: Payment, now: datetime) -> Payment:
    """The same customer's other order, paid, of which nothing went back."""
    of = payment.order
    order = place(customer=of.customer, basket={of.lines.get().product: 1}, now=now)
    apart = Payment.objects.create(
        order=order, currency="GBP", amount_pennies=500, idempotency_key="key-2", created_at=now
    )
    paid = gateway.Intent("pi_2", "succeeded", 500, 500, "GBP", "key-2", "")
    return payments.settle(payment=apart, intent=paid, now=now)


def reserved(payment: Payment) -> int:
    payment.refresh_from_db()
    return payment.pending_refund_pennies


@pytest.mark.parametrize("asked", [1, 350])
def test_up_to_what_is_left_is_reserved_of_this_payment_alone(
    payment: Payment, other: Payment, asked: int
) -> None:
    _take(payment, asked)
    assert (reserved(payment), reserved(other)) == (50 + asked, 0)


@pytest.mark.parametrize("asked", [351, 500])
def test_more_than_is_left_is_refused_and_reserves_nothing(
    payment: Payment, other: Payment, asked: int
) -> None:
    with pytest.raises(CannotRefund) as no:
        _take(payment, asked)
    assert str(no.value) == (
        f"Order {payment.order_id}: £{asked / 100:.2f} asked, £3.50 left to refund."
    )
    assert (reserved(payment), reserved(other)) == (50, 0)


@pytest.mark.parametrize("asked", [1, 350, 351])
def test_of_a_disputed_payment_nothing_is_reserved(payment: Payment, asked: int) -> None:
    """Stripe refunds nothing of it, not even what the bank left."""
    Payment.objects.update(disputed_pennies=1)
    with pytest.raises(CannotRefund) as no:
        _take(payment, asked)
    assert str(no.value) == (
        f"Order {payment.order_id}: a dispute came meanwhile; answer it at Stripe, do not refund."
    )
    assert reserved(payment) == 50
