"""Which tables can be exported, and what stands in each column. Everything else follows from here.

Orders, refunds and subscriptions name their customer by number only, so that whoever may read
figures learns no names; names and addresses stand in `customers`, which takes a permission of
its own. An amount is written twice: in minor units, which are exact for every currency, and as the
decimal number that a person reads (`12.50`; `1250` for yen).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from accounts.roles import Permission, Role
from orders.lifecycle import OrderStatus
from refunds.models import RefundStatus
from subscriptions.words import SubscriptionStatus


class Kind(StrEnum):
    """How a column is written: text is escaped, numbers stay numbers, times are UTC seconds."""

    NUMBER = "number"
    TEXT = "text"
    MONEY = "money"
    TIME = "time"
    FLAG = "flag"


@dataclass(frozen=True)
class Column:
    """A column's header, the SQL that it comes from, and how it is written."""

    header: str
    source: str
    kind: Kind


@dataclass(frozen=True)
class Table:
    """One export. `moment` is the time that the dates of the filter speak of; `currency` and
    `status` are empty when the table has none. All SQL in it is written here and nowhere else."""

    name: str
    title: str
    says: str
    permission: Permission
    rows: str
    key: str
    moment: str
    columns: tuple[Column, ...]
    currency: str = ""
    status: str = ""
    statuses: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The name of the address that sends it."""
        return f"exports:{self.name}"


ORDERS = Table(
    name="orders",
    title="Orders",
    says="One line an order, by the day it was placed.",
    permission=Permission.EXPORT_DOWNLOAD,
    rows="orders_order",
    key="orders_order.id",
    moment="placed_at",
    currency="currency",
    status="status",
    statuses=tuple(status.value for status in OrderStatus),
    columns=(
        Column("order", "orders_order.id", Kind.NUMBER),
        Column("customer", "customer_id", Kind.NUMBER),
        Column("status", "status", Kind.TEXT),
        Column("currency", "currency", Kind.TEXT),
        Column("total", "total_pennies", Kind.MONEY),
        Column("captured", "captured_pennies", Kind.MONEY),
        Column("refunded", "refunded_pennies", Kind.MONEY),
        Column("placed_at_utc", "placed_at", Kind.TIME),
        Column("paid_at_utc", "paid_at", Kind.TIME),
        Column("fulfilled_at_utc", "fulfilled_at", Kind.TIME),
        Column("canceled_at_utc", "canceled_at", Kind.TIME),
    ),
)

REFUNDS = Table(
    name="refunds",
    title="Refunds",
    says="One line a refund, by the day it was asked for.",
    permission=Permission.EXPORT_DOWNLOAD,
    rows="refunds_refund JOIN payments_payment ON payments_payment.id = payment_id",
    key="refunds_refund.id",
    moment="requested_at",
    currency="refunds_refund.currency",
    status="refunds_refund.status",
    statuses=tuple(status.value for status in RefundStatus),
    columns=(
        Column("refund", "refunds_refund.id", Kind.NUMBER),
        Column("order", "order_id", Kind.NUMBER),
        Column("payment", "payment_id", Kind.NUMBER),
        Column("status", "refunds_refund.status", Kind.TEXT),
        Column("currency", "refunds_refund.currency", Kind.TEXT),
        Column("amount", "refunds_refund.amount_pennies", Kind.MONEY),
        Column("reason", "reason", Kind.TEXT),
        Column("failure", "failure", Kind.TEXT),
        Column("requested_by", "requested_by_id", Kind.NUMBER),
        Column("requested_at_utc", "requested_at", Kind.TIME),
        Column("settled_at_utc", "settled_at", Kind.TIME),
        Column("stripe_refund", "stripe_refund_id", Kind.TEXT),
    ),
)

_WITH_THEIR_ORDERS = f"""
    accounts_user JOIN accounts_user_groups ON accounts_user_groups.user_id = accounts_user.id
    JOIN auth_group ON auth_group.id = group_id AND auth_group.name = '{Role.CUSTOMER}'
    LEFT JOIN (SELECT customer_id, count(*) AS placed FROM orders_order GROUP BY customer_id)
        AS orders ON orders.customer_id = accounts_user.id"""  # noqa: S608

CUSTOMERS = Table(
    name="customers",
    title="Customers",
    says="One line a customer with name and address, by the day they joined.",
    permission=Permission.EXPORT_CUSTOMERS,
    rows=_WITH_THEIR_ORDERS,
    key="accounts_user.id",
    moment="date_joined",
    columns=(
        Column("customer", "accounts_user.id", Kind.NUMBER),
        Column("username", "username", Kind.TEXT),
        Column("first_name", "first_name", Kind.TEXT),
        Column("last_name", "last_name", Kind.TEXT),
        Column("email", "email", Kind.TEXT),
        Column("active", "is_active", Kind.FLAG),
        Column("orders", "coalesce(placed, 0)", Kind.NUMBER),
        Column("joined_at_utc", "date_joined", Kind.TIME),
        Column("signed_in_at_utc", "last_login", Kind.TIME),
    ),
)

SUBSCRIPTIONS = Table(
    name="subscriptions",
    title="Subscriptions",
    says="One line a subscription with what it is worth a month, by the day it began.",
    permission=Permission.EXPORT_DOWNLOAD,
    rows="subscriptions_subscription",
    key="subscriptions_subscription.id",
    moment="started_at",
    currency="currency",
    status="status",
    statuses=tuple(status.value for status in SubscriptionStatus),
    columns=(
        Column("subscription", "subscriptions_subscription.id", Kind.NUMBER),
        Column("customer", "customer_id", Kind.NUMBER),
        Column("status", "status", Kind.TEXT),
        Column("paused", "is_paused", Kind.FLAG),
        Column("currency", "currency", Kind.TEXT),
        Column("mrr", "mrr_pennies", Kind.MONEY),
        Column("started_at_utc", "started_at", Kind.TIME),
        Column("period_ends_at_utc", "period_ends_at", Kind.TIME),
        Column("ends_at_utc", "ends_at", Kind.TIME),
        Column("ended_at_utc", "ended_at", Kind.TIME),
        Column("stripe_subscription", "stripe_subscription_id", Kind.TEXT),
    ),
)

TABLES = (ORDERS, REFUNDS, CUSTOMERS, SUBSCRIPTIONS)
