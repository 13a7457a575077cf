"""An order whose payment was begun, and the pages that Stripe has, which are made up here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actor import Actor
from orders import services as orders
from orders.models import Order
from payments import gateway
from payments.models import Payment

OPS = Actor(id=3, role="ops", origin="web")
KEY_LIFE = timedelta(hours=23)
SECOND = timedelta(seconds=1)
# What the intent of a complete page says while its bank decides, and once it refused.
WAITS = ["requires_action", "processing", "requires_capture", "succeeded"]
REFUSED = ["requires_payment_method", "canceled"]


class Stripe:
    """The pages that Stripe has, by id, what it was asked, and the status of every page's intent.
    `says` is raised once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pages: dict[str, gateway.CheckoutSession] = {}
        self.asked: list[tuple[Any, ...]] = []
        self.says: Exception | None = None
        self.intent = "succeeded"
        monkeypatch.setattr(gateway, "create_checkout_session", self.create)
        monkeypatch.setattr(gateway, "retrieve_session", self.retrieve)
        monkeypatch.setattr(gateway, "retrieve_intent", self.retrieve_intent)
        monkeypatch.setattr(gateway, "expire_session", self.expire)
        monkeypatch.setattr(gateway, "find_session", self.find)

    def has(
        self, page_id: str, key: str, status: str = "open", paid: str = "unpaid"
    ) -> gateway.CheckoutSession:
        url = f"https://stripe.test/{page_id}"
        page = gateway.CheckoutSession(page_id, status, paid, url, f"pi_of_{page_id}", key)
        self.pages[page_id] = page
        return page

    def create(self, new: gateway.NewSession) -> gateway.CheckoutSession:
        self._ask("create", new.key)
        return self.has(f"cs_{len(self.pages) + 1}", new.key)

    def retrieve(self, page_id: str) -> gateway.CheckoutSession:
        self._ask("retrieve", page_id)
        return self.pages[page_id]

    def retrieve_intent(self, intent_id: str) -> gateway.Intent:
        self._ask("retrieve", intent_id)
        return gateway.Intent(intent_id, self.intent, 500, 0, "GBP", "key-1", "")

    def expire(self, page_id: str) -> gateway.CheckoutSession:
        self._ask("expire", page_id)
        return self.has(page_id, self.pages[page_id].key, "expired")

    def find(self, *, key: str, since: datetime) -> gateway.CheckoutSession | None:
        self._ask("find", key, since)
        return next((page for page in self.pages.values() if page.key == key), None)

    def _ask(self, *what: Any) -> None:
        self.asked.append(what)
        said, self.says = self.says, None
        if said:
            raise said


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Stripe:
    return Stripe(monkeypatch)


@pytest.fixture
def order(begun: Payment) -> Order:
    """£5.00, and £5.00 of it on their way: its key is "key-1", and Stripe has not answered."""
    return begun.order


@pytest.fixture
def other(order: Order, now: datetime) -> Payment:
    """The same customer's other order, whose page is open."""
    apart = another(order, now)
    return Payment.objects.create(
        order=apart,
        currency="GBP",
        amount_pennies=500,
        idempotency_key="key-2",
        stripe_session_id="cs_other",
        created_at=now,
    )


def another(order: Order, now: datetime) -> Order:
    basket = {line.product: line.quantity for line in order.lines.all()}
    return orders.place(customer=order.customer, basket=basket, now=now)


def payments(order: Order) -> list[tuple[Any, ...]]:
    found = Payment.objects.filter(order=order).order_by("id")
    return list(found.values_list("status", "stripe_session_id", "last_failure"))
