"""What happens next to an order, in one sentence for the customer and one for staff."""

from __future__ import annotations

from collections.abc import Sequence

from core.money import display
from orders.lifecycle import OrderStatus
from orders.models import Order
from payments.models import LIVE, UNANSWERED, Dispute, Payment, PaymentStatus

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
DISPUTED_CUSTOMER = (
    "The payment is disputed at the bank. The order is not sent before that is settled."
)
TAKEN_BACK_CUSTOMER = "Your bank took the payment back, so the order is not sent. Nothing is owed."
TAKEN_BACK_STAFF = "Do not send it: the bank took the payment back in a dispute. Nothing to do."


def for_customer(
    order: Order, payments: Sequence[Payment], disputes: Sequence[Dispute] = ()
) -> str:
    """The sentence for the person who placed the order."""
    status = OrderStatus(order.status)
    if _came_late(order, payments):
        return LATE_MONEY_CUSTOMER
    if status is OrderStatus.PAID and _open(disputes):
        return DISPUTED_CUSTOMER
    if status is OrderStatus.PAID and _taken_back(payments):
        return TAKEN_BACK_CUSTOMER + _part_refunded(order)
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


def for_staff(order: Order, payments: Sequence[Payment], disputes: Sequence[Dispute] = ()) -> str:
    """The sentence for the person who looks after the order."""
    status = OrderStatus(order.status)
    opened = _open(disputes)
    if opened:
        is_unsent = ": do not send it" if status is OrderStatus.PAID else ""
        return f"A dispute is open{is_unsent}. {_answer(opened)}"
    if _came_late(order, payments):
        return LATE_MONEY_STAFF
    if status is OrderStatus.PAID and _taken_back(payments):
        return TAKEN_BACK_STAFF + _part_refunded(order)
    if status is not OrderStatus.PENDING:
        return _STAFF[status] + _part_refunded(order) + _part_taken_back(order, payments)
    live = _live(payments)
    if live is not None and live.status == PaymentStatus.PROCESSING:
        return "The payment is being processed at Stripe; wait for it."
    return "The customer has not paid yet; nothing to pack."


def may_be_sent(payments: Sequence[Payment], disputes: Sequence[Dispute]) -> bool:
    """Whether no dispute stands in the way of sending a paid order."""
    return not _open(disputes) and not _taken_back(payments)


def _came_late(order: Order, payments: Sequence[Payment]) -> bool:
    is_held = order.captured_pennies > order.refunded_pennies and not _taken_back(payments)
    return order.status == OrderStatus.CANCELED and is_held


def _open(disputes: Sequence[Dispute]) -> Dispute | None:
    return next((dispute for dispute in disputes if dispute.is_open), None)


def _answer(dispute: Dispute) -> str:
    if dispute.status not in UNANSWERED:
        return "It was answered; wait for the bank."
    last = f" by {dispute.respond_by:%Y-%m-%d %H:%M} UTC" if dispute.respond_by else ""
    return f"Answer it at Stripe{last}."


def _taken_back(payments: Sequence[Payment]) -> bool:
    return any(payment.is_taken_back for payment in payments)


def _live(payments: Sequence[Payment]) -> Payment | None:
    return next((payment for payment in payments if payment.status in LIVE), None)


def _part_refunded(order: Order) -> str:
    if not order.is_partly_refunded:
        return ""
    return f" {display(order.refunded_pennies, order.currency)} of it was refunded."


def _part_taken_back(order: Order, payments: Sequence[Payment]) -> str:
    taken = sum(payment.disputed_pennies for payment in payments)
    if not taken:
        return ""
    return f" The bank gave {display(taken, order.currency)} of it back in a dispute."
