"""What tests of Billing do all the time: a customer with a card, a price, a subscription."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe

from stripe_twin.server import Running, running
from stripe_twin.settings import Settings
from tests.app.stripe_twin.billing.bills import Bills
from tests.app.stripe_twin.conftest import Desk

DAY = 86_400
Make = Callable[..., Any]


class Billing:
    """Short words for what these tests ask of the twin, through the real library."""

    def __init__(self, twin: Running, client: stripe.StripeClient) -> None:
        self.twin, self.client, self.v1 = twin, client, client.v1

    def customer(self, method: str = "pm_card_visa") -> stripe.Customer:
        params: dict[str, Any] = {"email": "cara@example.com"}
        if method:
            params |= {
                "payment_method": method,
                "invoice_settings": {"default_payment_method": method},
            }
        return self.v1.customers.create(params=params)  # type: ignore[arg-type]

    def price(self, pennies: int | str = 1000, **recurring: Any) -> stripe.Price:
        """£10 a month unless said otherwise."""
        amount = "unit_amount_decimal" if isinstance(pennies, str) else "unit_amount"
        params: Any = {
            "currency": recurring.pop("currency", "gbp"),
            amount: pennies,
            "recurring": {"interval": "month", **recurring},
            "product_data": {"name": "Coffee"},
        }
        return self.v1.prices.create(params=params)

    def subscribe(self, *prices: stripe.Price, method: str = "pm_card_visa", **params: Any) -> Any:
        items = [{"price": price.id} for price in prices or (self.price(),)]
        given: Any = {"items": items, **params}
        given.setdefault("customer", self.customer(method).id)
        return self.v1.subscriptions.create(params=given)

    def seen(self, sub: Any) -> stripe.Subscription:
        """As it is now."""
        return self.v1.subscriptions.retrieve(sub.id)

    def invoice(self, sub: Any) -> stripe.Invoice:
        """Its latest, as it is now."""
        latest = self.seen(sub).latest_invoice
        return self.v1.invoices.retrieve(str(latest))

    def item(self, sub: Any) -> Any:
        [item] = self.seen(sub)["items"].data
        return item

    def days(self, days: float) -> None:
        self.twin.control.clock(advance_s=days * DAY)

    def told(self, prefix: str = "") -> list[str]:
        """The types of all events so far, oldest first."""
        listed = self.v1.events.list(params={"limit": 100})
        return [e.type for e in listed.auto_paging_iter() if e.type.startswith(prefix)][::-1]


@pytest.fixture(scope="module")
def lasting() -> Iterator[Running]:
    with running(Settings()) as started:
        yield started


@pytest.fixture
def twin(lasting: Running) -> Running:
    """An empty twin whose time goes on from where the test before left it."""
    lasting.control.reset()
    return lasting


@pytest.fixture
def billing(twin: Running, client: stripe.StripeClient) -> Billing:
    return Billing(twin, client)


@pytest.fixture
def bills(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Bills:
    return Bills(desk, monkeypatch)
