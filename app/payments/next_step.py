"""What happens next to an order, in one sentence for the customer and one for staff."""

from __future__ import annotations

from collections.abc import Sequence

from core.money import display
from orders.lifecycle import OrderStatus
from orders.models import Order
from payments.models import LIVE, Payment, PaymentStatus

_CUSTOMER = {
    OrderStatus.PAID: "Paid, thank you. We are packing it; nothing for you to do.",
    OrderStatus.FULFILLED: "It is on its way to you.",
    OrderStatus.REFUNDED: "All of it was refunded. Banks take 5 to 10 days to show the money.",
    OrderStatus.CANCELED: "The order is canceled. Nothing is owed.",
}
_STAFF = {
    OrderStatus.PAID: "Pack it and mark it fulfilled.",
    OrderStatus.FULFILLED: "Nothing to do, unless the customer asks for a refund.",
    OrderStatus.REFUNDED: "Nothing to do: all money went back.",
    OrderStatus.CANCELED: "Nothing to do.",
}
LATE_MONEY_CUSTOMER = "The order was canceled before your payment arrived; you get it back."
LATE_MONEY_STAFF = (
    "Money arrived after it was canceled; the shop gives it back. See its issue if it stays."
)


def for_customer(order: Order, payments: Sequence[Payment]) -> str:
    """The sentence for the person who placed the order."""
    status = OrderStatus(order.status)
    if status is OrderStatus.CANCELED and order.captured_pennies > order.refunded_pennies:
        return LATE_MONEY_CUSTOMER
    if status is not OrderStatus.PENDING:
        return _CUSTOMER[status] + _part_refunded(order)
    live = _live(payments)
    if live is None:
        return "Pay to complete the order, or cancel it."
    if live.status == PaymentStatus.PROCESSING:
        return "Your payment is being processed; nothing for you to do. It can take some days."
    if live.status == PaymentStatus.REQUIRES_ACTION:
        return "Your bank wants you to confirm the payment: go on to pay."
    if live.last_failure:
        return f"The last attempt failed ({live.last_failure}). Nothing was taken; try again."
    return "Payment was begun. If you have paid, we are waiting for Stripe's confirmation."


def for_staff(order: Order, payments: Sequence[Payment]) -> str:
    """The sentence for the person who looks after the order."""
    status = OrderStatus(order.status)
    if status is OrderStatus.CANCELED and order.captured_pennies > order.refunded_pennies:
        return LATE_MONEY_STAFF
    if status is not OrderStatus.PENDING:
        return _STAFF[status] + _part_refunded(order)
    live = _live(payments)
    if live is not None and live.status == PaymentStatus.PROCESSING:
        return "The payment is being processed at Stripe; wait for it."
    return "The customer has not paid yet; nothing to pack."


def _live(payments: Sequence[Payment]) -> Payment | None:
    return next((payment for payment in payments if payment.status in LIVE), None)


def _part_refunded(order: Order) -> str:
    if not order.is_partly_refunded:
        return ""
    return f" {display(order.refunded_pennies, order.currency)} of it was refunded."
