from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core.append_only import AppendOnly
from core.money import COARSE, display
from orders import guards
from orders.lifecycle import TRANSITIONS, OrderStatus

STATUSES = [(status.value, status.name.capitalize()) for status in OrderStatus]
SETTLED = [OrderStatus.PAID, OrderStatus.FULFILLED, OrderStatus.REFUNDED]

_COARSE = ", ".join(f"'{currency}'" for currency in sorted(COARSE))

TOTAL_IS_LINES = """(
    SELECT total_pennies IS DISTINCT FROM (
        SELECT COALESCE(SUM(line_pennies), 0) FROM orders_orderline WHERE order_id = {order}
    ) FROM orders_order WHERE id = {order}
)"""

# Payments stand left of orders, so these two rules know their table by name only.
MONEY_STOPS_CANCELING = f"""(
    NEW.status = '{OrderStatus.CANCELED}' AND OLD.status <> '{OrderStatus.CANCELED}' AND EXISTS (
        SELECT 1 FROM payments_payment
        WHERE order_id = NEW.id AND status IN ('processing', 'succeeded')
    )
)"""  # noqa: S608
DISPUTE_STOPS_FULFILMENT = f"""(
    NEW.status = '{OrderStatus.FULFILLED}' AND OLD.status = '{OrderStatus.PAID}' AND EXISTS (
        SELECT 1 FROM payments_payment WHERE order_id = NEW.id AND (
            (disputed_pennies > 0 AND captured_pennies
                <= refunded_pennies + pending_refund_pennies + disputed_pennies)
            OR EXISTS (
                SELECT 1 FROM payments_dispute
                WHERE payment_id = payments_payment.id AND closed_at IS NULL
            )
        )
    )
)"""  # noqa: S608


class Order(models.Model):
    """What a customer asked for. Amounts are whole minor units of `currency`.

    `captured_pennies` and `refunded_pennies` repeat what the payments say, so that the database
    can hold status against amounts; a check compares the two.
    """

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders"
    )
    status = models.CharField(max_length=10, choices=STATUSES, default=OrderStatus.PENDING)
    currency = models.CharField(max_length=3)
    total_pennies = models.BigIntegerField()
    captured_pennies = models.BigIntegerField(default=0)
    refunded_pennies = models.BigIntegerField(default=0)
    placed_at = models.DateTimeField()
    # The basket form that placed it: the same form sent twice makes one order.
    form_key = models.CharField(max_length=80, unique=True, null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    fulfilled_at = models.DateTimeField(null=True, blank=True)
    canceled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["status", "placed_at"]),
            models.Index(fields=["currency", "placed_at"], name="order_by_currency_and_day"),
            # Orders that hold more money than they should: nearly none, looked for every minute.
            models.Index(
                fields=["id"],
                condition=Q(
                    status=OrderStatus.CANCELED, captured_pennies__gt=F("refunded_pennies")
                ),
                name="order_canceled_with_money",
            ),
            models.Index(
                fields=["id"],
                condition=Q(captured_pennies__gt=F("refunded_pennies") + F("total_pennies")),
                name="order_paid_twice",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=list(OrderStatus)), name="order_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="order_currency_is_iso"
            ),
            models.CheckConstraint(
                condition=Q(total_pennies__gt=0), name="order_total_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(refunded_pennies__gte=0)
                & Q(refunded_pennies__lte=F("captured_pennies")),
                name="order_refunded_within_captured",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=SETTLED) | Q(captured_pennies__gte=F("total_pennies")),
                name="order_settled_means_captured",
            ),
            models.CheckConstraint(
                condition=~Q(status=OrderStatus.REFUNDED)
                | Q(refunded_pennies=F("captured_pennies")),
                name="order_refunded_means_all_of_it",
            ),
            models.CheckConstraint(
                condition=~Q(status=OrderStatus.PAID) | Q(fulfilled_at__isnull=True),
                name="order_paid_means_not_fulfilled",
            ),
            models.CheckConstraint(
                condition=~Q(status=OrderStatus.FULFILLED) | Q(fulfilled_at__isnull=False),
                name="order_fulfilled_has_its_time",
            ),
        ]
        triggers: ClassVar = [
            *guards.machine(
                thing="order",
                first=OrderStatus.PENDING,
                moves=[(move.source, move.target) for move in TRANSITIONS],
            ),
            guards.fixed(
                name="order_terms_fixed",
                columns=["customer_id", "currency", "total_pennies", "placed_at"],
            ),
            # A trigger, for orders of before it keep their currency and go on.
            guards.refuse(
                name="order_currency_is_charged_exactly",
                operation=pgtrigger.Insert,
                found=f"NEW.currency IN ({_COARSE})",
                sentence="'order: Stripe cannot charge every amount in ' || NEW.currency",
            ),
            guards.refuse(
                name="order_cancel_without_money",
                operation=pgtrigger.Update,
                found=MONEY_STOPS_CANCELING,
                sentence="'order ' || NEW.id || ': a payment is processing or succeeded'",
            ),
            guards.refuse(
                name="order_fulfil_without_dispute",
                operation=pgtrigger.Update,
                found=DISPUTE_STOPS_FULFILMENT,
                sentence="'order ' || NEW.id || ': a dispute is open, or took all the money'",
            ),
            guards.refuse(
                name="order_total_is_its_lines",
                operation=pgtrigger.Insert | pgtrigger.Update,
                found=TOTAL_IS_LINES.format(order="NEW.id"),
                sentence="'order ' || NEW.id || ': the total is not the sum of its lines'",
                at_commit=True,
            ),
        ]

    def __str__(self) -> str:
        return f"Order {self.pk}"

    @property
    def is_partly_refunded(self) -> bool:
        """Some, not all, of what was captured went back."""
        return 0 < self.refunded_pennies < self.captured_pennies

    @property
    def total(self) -> str:
        """The total as a person reads it."""
        return display(self.total_pennies, self.currency)


class OrderLine(models.Model):
    """One product on an order, with its name and price as they were when it was placed."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey("catalog.Product", on_delete=models.PROTECT)
    name = models.CharField(max_length=120)
    unit_pennies = models.BigIntegerField()
    quantity = models.PositiveIntegerField()
    line_pennies = models.GeneratedField(
        expression=F("unit_pennies") * F("quantity"),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(unit_pennies__gt=0) & Q(quantity__gt=0), name="line_amounts_positive"
            ),
            models.UniqueConstraint(fields=["order", "product"], name="line_product_once"),
        ]
        triggers: ClassVar = [
            guards.fixed(
                name="line_terms_fixed",
                columns=["order_id", "product_id", "name", "unit_pennies", "quantity"],
            ),
            guards.refuse(
                name="line_frozen_once_captured",
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                found=(
                    "EXISTS (SELECT 1 FROM orders_order WHERE captured_pennies > 0 "
                    "AND id = CASE TG_OP WHEN 'DELETE' THEN OLD.order_id ELSE NEW.order_id END)"
                ),
                sentence="'order line: the order has been paid, its lines are final'",
            ),
            guards.refuse(
                name="line_currency_of_order",
                operation=pgtrigger.Insert,
                found=(
                    "(SELECT currency FROM orders_order WHERE id = NEW.order_id) IS DISTINCT FROM "
                    "(SELECT currency FROM catalog_product WHERE id = NEW.product_id)"
                ),
                sentence="'order line: its product is priced in another currency than the order'",
            ),
            guards.refuse(
                name="line_sums_to_total",
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                found=TOTAL_IS_LINES.format(
                    order="(CASE TG_OP WHEN 'DELETE' THEN OLD.order_id ELSE NEW.order_id END)"
                ),
                sentence="'order line: the lines do not sum to the total of the order'",
                at_commit=True,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"


class OrderTransition(models.Model):
    """One move in an order's history. Append-only by trigger."""

    # Its index is `history_newest`, which finds the order's last move as well.
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="history", db_index=False
    )
    source = models.CharField(max_length=10, choices=STATUSES, blank=True)
    target = models.CharField(max_length=10, choices=STATUSES)
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_role = models.CharField(max_length=20)
    reason = models.CharField(max_length=300)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["at"], name="history_by_moment"),
            models.Index(fields=["order", "-id"], include=["target"], name="history_newest"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(source__in=["", *OrderStatus]) & Q(target__in=list(OrderStatus)),
                name="history_statuses_are_known",
            ),
        ]
        triggers: ClassVar = [AppendOnly()]

    def __str__(self) -> str:
        return f"{self.source or 'placed'} → {self.target}"
