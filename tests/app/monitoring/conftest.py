"""A small shop in which everything agrees, and the means to make it disagree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, models

from accounts.models import User
from analyticsapp import snapshots
from analyticsapp.days import yesterday
from catalog.models import Product
from orders.models import Order, OrderLine, OrderTransition
from payments.models import Payment
from refunds.models import Refund


class Shop:
    """One order of £25.00, paid; £10.00 of it refunded, £5.00 on its way back, and £9.00 that
    was asked for and failed. Writes go past the triggers, as a superuser's can."""

    def __init__(self, customer: User, now: datetime) -> None:
        self.customer, self.now = customer, now
        with self.unguarded():
            self.order = self._order()
            self.payment = self.pay(
                amount_pennies=2500,
                captured_pennies=2500,
                refunded_pennies=1000,
                pending_refund_pennies=500,
            )
            self.refunds = {
                status: self.refund(status, pennies)
                for status, pennies in (("succeeded", 1000), ("pending", 500), ("failed", 900))
            }

    @contextmanager
    def unguarded(self) -> Iterator[None]:
        """Write what the triggers would refuse."""
        cursor = connection.cursor()
        cursor.execute("SET session_replication_role = replica")
        try:
            yield
        finally:
            cursor.execute("SET session_replication_role = origin")

    def drop_rule(self, table: str, constraint: str) -> None:
        """Take a rule away until the test's transaction is rolled back."""
        connection.cursor().execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {constraint}")

    def change(self, row: models.Model, **values: object) -> None:
        """Change columns behind everybody's back."""
        with self.unguarded():
            type(row)._default_manager.filter(pk=row.pk).update(**values)

    def pay(self, **values: Any) -> Payment:
        """One more payment of the order, succeeded unless said otherwise."""
        given = {
            "order": self.order,
            "status": "succeeded",
            "currency": "GBP",
            "idempotency_key": f"payment-{Payment.objects.count()}",
            "created_at": self.now,
            **values,
        }
        with self.unguarded():
            return Payment.objects.create(**given)

    def refund(self, status: str, pennies: int, payment: Payment | None = None) -> Refund:
        """One more refund, of the first payment unless said otherwise."""
        with self.unguarded():
            return Refund.objects.create(
                payment=payment or self.payment,
                status=status,
                currency="GBP",
                amount_pennies=pennies,
                reason="scratched",
                idempotency_key=f"refund-{Refund.objects.count()}",
                requested_at=self.now,
            )

    def wait(self, *, placed_at: datetime, **payment: Any) -> Order:
        """One more order, of £10.00, that waits for its payment; with one, if it is described."""
        with self.unguarded():
            order = Order.objects.create(
                customer=self.customer, currency="GBP", total_pennies=1000, placed_at=placed_at
            )
            OrderLine.objects.create(
                order=order,
                product=Product.objects.get(slug="Lamp"),
                name="Lamp",
                unit_pennies=1000,
                quantity=1,
            )
        if payment:
            self.pay(order=order, amount_pennies=1000, **payment)
        self.keep_figures(since=placed_at)
        return order

    def keep_figures(self, *, since: datetime) -> None:
        """What each night since then would have kept."""
        newest = yesterday(now=self.now)
        snapshots.rebuild(first=min(since.date(), newest), last=newest, now=self.now)

    def remember(self, source: str, target: str) -> OrderTransition:
        """One more move in the order's history."""
        return OrderTransition.objects.create(
            order=self.order,
            source=source,
            target=target,
            at=self.now,
            actor_role="system",
            reason="as it should",
        )

    def forget(self) -> None:
        """The newest move in the order's history is gone."""
        with self.unguarded():
            self.order.history.latest("id").delete()

    def _order(self) -> Order:
        self.order = Order.objects.create(
            customer=self.customer,
            status="paid",
            currency="GBP",
            total_pennies=2500,
            captured_pennies=2500,
            refunded_pennies=1000,
            placed_at=self.now,
            paid_at=self.now,
        )
        for name, pennies, quantity in (("Lamp", 1000, 2), ("Bulb", 500, 1)):
            product = Product.objects.create(
                slug=name, name=name, price_pennies=pennies, currency="GBP"
            )
            OrderLine.objects.create(
                order=self.order,
                product=product,
                name=name,
                unit_pennies=pennies,
                quantity=quantity,
            )
        self.remember("", "pending")
        self.remember("pending", "paid")
        return self.order


@pytest.fixture
def shop(cara_customer: User, now: datetime) -> Shop:
    return Shop(cara_customer, now)
