"""A shop's past, written by the real services: each call happens at the moment given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

from accounts.models import User
from accounts.roles import Role
from accounts.services import give_role
from catalog.models import Product
from core.actor import Actor
from orders import services as orders
from orders.lifecycle import OrderStatus
from orders.models import Order
from payments.gateway import Intent, RefundFact
from payments.models import Payment
from payments.services import settle
from refunds.settlement import confirm
from subscriptions import ledger
from subscriptions.models import Subscription

FIRST = date(2026, 3, 1)
# Ten days after the first: all of them are over.
NOW = datetime(2026, 3, 11, 0, 30, tzinfo=UTC)
OPS = Actor(id=None, role="ops", origin="test")


def at(number: int, hour: int = 12, minute: int = 0) -> datetime:
    """A moment of the day so many after FIRST."""
    start = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
    return start + timedelta(days=number, hours=hour, minutes=minute)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


@dataclass(frozen=True)
class Paid:
    """An order, its payment, and how both are known to Stripe."""

    order: Order
    intent: Intent


class Past:
    """What happens to a shop with one customer."""

    def __init__(self) -> None:
        self.customer = User.objects.create_user("cara_customer")
        give_role(user=self.customer, role=Role.CUSTOMER)
        self._numbers = count(1)

    def place(self, when: datetime, *, pennies: int = 1000, currency: str = "GBP") -> Order:
        number = next(self._numbers)
        product = Product.objects.create(
            name=f"Thing {number}", slug=f"thing-{number}", price_pennies=pennies, currency=currency
        )
        return orders.place(customer=self.customer, basket={product: 1}, now=when)

    def pay(self, order: Order, when: datetime) -> Paid:
        number = next(self._numbers)
        key = f"key-{number}"
        payment = Payment.objects.create(
            order=order,
            currency=order.currency,
            amount_pennies=order.total_pennies,
            idempotency_key=key,
            created_at=when,
        )
        total = order.total_pennies
        intent = Intent(f"pi_{number}", "succeeded", total, total, order.currency, key, "")
        settle(payment=payment, intent=intent, now=when)
        return Paid(Order.objects.get(pk=order.pk), intent)

    def paid(self, when: datetime, *, pennies: int = 1000, currency: str = "GBP") -> Paid:
        """An order placed and paid at the same moment."""
        return self.pay(self.place(when, pennies=pennies, currency=currency), when)

    def fulfil(self, paid: Paid, when: datetime) -> None:
        self._move(paid.order, OrderStatus.FULFILLED, when)

    def cancel(self, order: Order, when: datetime) -> None:
        self._move(order, OrderStatus.CANCELED, when)

    def refund(self, paid: Paid, pennies: int, when: datetime) -> RefundFact:
        intent = paid.intent
        made = f"re_{next(self._numbers)}"
        fact = RefundFact(made, "succeeded", pennies, intent.currency, intent.id, "", "")
        confirm(fact=fact, now=when)
        return fact

    def fail(self, refund: RefundFact, when: datetime) -> None:
        """The refund that had succeeded comes back from the customer's bank."""
        confirm(fact=replace(refund, status="failed", failure="account closed"), now=when)

    def subscribe(self, pennies: int, when: datetime, *, currency: str = "GBP") -> Subscription:
        number = next(self._numbers)
        subscription = Subscription.objects.create(
            stripe_subscription_id=f"sub_{number}",
            stripe_customer_id="cus_1",
            status="active",
            currency=currency,
            started_at=when,
            seen_at=when,
        )
        self.change(subscription, pennies, when)
        return subscription

    def change(self, subscription: Subscription, pennies: int, when: datetime) -> None:
        """From then on the subscription is worth so much a month."""
        ledger.record(subscription=subscription, after_pennies=pennies, now=when)

    def _move(self, order: Order, target: OrderStatus, when: datetime) -> None:
        orders.move(order=order, target=target, by=OPS, reason="test", now=when)
