"""What stands in the way of an erasure: money or goods that somebody still owes somebody."""

from __future__ import annotations

from typing import Any

from django.db import connection

from accounts.models import User
from orders.lifecycle import OrderStatus
from payments.models import LIVE, OPEN_DISPUTE
from refunds.models import RESERVED
from subscriptions.models import StartStatus
from subscriptions.words import ENDED

_ORDERS = "orders_order WHERE orders_order.customer_id = {user}"
_PAYMENTS = (
    "payments_payment JOIN orders_order ON orders_order.id = order_id "
    "WHERE orders_order.customer_id = {user}"
)
# Of the order, after what refunds and banks gave back; a payment can go back twice, and then what
# is too much of it is not taken from another.
_HOLDS_MONEY = (
    "captured_pennies > refunded_pennies + (SELECT coalesce(sum(least(disputed_pennies, "
    "payments_payment.captured_pennies - payments_payment.refunded_pennies)), 0) "
    "FROM payments_payment WHERE order_id = orders_order.id)"
)
# A sentence's part for people, and the rows that it speaks of; {user} is an SQL expression.
REASONS: tuple[tuple[str, str], ...] = (
    ("an order waits for its payment", f"{_ORDERS} AND status = %(pending)s"),
    ("an order is paid and not sent", f"{_ORDERS} AND status = %(paid)s AND {_HOLDS_MONEY}"),
    ("a payment is under way", f"{_PAYMENTS} AND payments_payment.status = ANY(%(live)s)"),
    (
        "a refund is on its way",
        "refunds_refund JOIN payments_payment ON payments_payment.id = payment_id "
        "JOIN orders_order ON orders_order.id = order_id WHERE orders_order.customer_id = {user} "
        "AND refunds_refund.status = ANY(%(reserved)s)",
    ),
    (
        "a dispute is open",
        "payments_dispute JOIN payments_payment ON payments_payment.id = payment_id "
        "JOIN orders_order ON orders_order.id = order_id WHERE orders_order.customer_id = {user} "
        "AND payments_dispute.status = ANY(%(disputed)s)",
    ),
    (
        "money came for a canceled order and was not given back",
        f"{_ORDERS} AND status = %(canceled)s AND {_HOLDS_MONEY}",
    ),
    (
        "a subscription goes on",
        "subscriptions_subscription WHERE subscriptions_subscription.customer_id = {user} "
        "AND status <> ALL(%(ended)s)",
    ),
    (
        "a page at Stripe still sells a subscription",
        "subscriptions_start WHERE subscriptions_start.customer_id = {user} AND status = %(open)s",
    ),
)
PARAMETERS: dict[str, str | list[Any]] = {
    "pending": OrderStatus.PENDING.value,
    "paid": OrderStatus.PAID.value,
    "canceled": OrderStatus.CANCELED.value,
    "live": [status.value for status in LIVE],
    "reserved": [status.value for status in RESERVED],
    "disputed": [status.value for status in OPEN_DISPUTE],
    "ended": [status.value for status in ENDED],
    "open": StartStatus.OPEN.value,
}


def anything_open(user: str) -> str:
    """An SQL condition: anything at all is open for the person of this SQL expression. Needs
    PARAMETERS."""
    return " OR ".join(f"EXISTS (SELECT FROM {rows.format(user=user)})" for _, rows in REASONS)


def of(user: User) -> list[str]:
    """What is open for this person, in words; nothing when they can be erased. One query."""
    asked = ", ".join(f"EXISTS (SELECT FROM {rows.format(user='%(user)s')})" for _, rows in REASONS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {asked}", {**PARAMETERS, "user": user.pk})
        found = cursor.fetchone()
    return [words for number, (words, _) in enumerate(REASONS) if found[number]]
