"""A desk of the twin that sells subscriptions: no server, and time goes on only when it is told."""

from __future__ import annotations

from typing import Any

import pytest

from stripe_twin import billing
from stripe_twin.api import customers
from stripe_twin.billing import beginning, catalogue
from tests.app.stripe_twin.conftest import Desk

DAY_S, NOW = 86_400, 1_800_000_000


class Bills:
    """Whose time goes on only when it is told to."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.desk, self.account, self.now = desk, desk.account, NOW
        monkeypatch.setattr(self.account.clock, "now", lambda: self.now)
        billing.register(self.account)
        product = desk.does(catalogue.create_product, {"name": "Coffee"})
        monthly = {"currency": "gbp", "unit_amount": 1000, "recurring": {"interval": "month"}}
        self.price = desk.does(catalogue.create_price, {"product": product["id"], **monthly})

    def customer(self, method: str = "pm_card_visa") -> Any:
        params: dict[str, Any] = {"email": "cara@example.com"}
        if method:
            chosen = {"default_payment_method": method}
            params |= {"payment_method": method, "invoice_settings": chosen}
        return self.desk.does(customers._create, params)

    def subscribe(self, method: str = "pm_card_visa", **params: Any) -> Any:
        given = {"items": [{"price": self.price["id"]}], **params}
        given.setdefault("customer", self.customer(method)["id"])
        self.desk.heard()
        return self.desk.does(beginning.create, given)

    def invoice(self, sub: Any) -> Any:
        return self.account.store.get("invoice", sub["latest_invoice"])

    def intent(self, sub: Any) -> Any:
        return self.account.store.get("payment_intent", self.invoice(sub).get("_intent", ""))

    def planned(self, sub: Any) -> list[int]:
        """When it is looked at again."""
        jobs = self.account.store.all("later")
        return [job["due"] - self.now for job in jobs if job["object"] == sub["id"]]

    def days(self, days: int) -> None:
        """Let them pass, with all that is due on the way at its own time."""
        until = self.now + days * DAY_S
        for _ in range(60):
            job = self.account.later._first()
            if job is None or job["due"] > until:
                self.now = until
                return
            self.now = max(self.now, int(job["due"]))
            self.desk.does(lambda _, job=job: self.account.later._do(job))
        pytest.fail("it does not come to rest")

    def invoices(self) -> list[tuple[str, int]]:
        """The status of each, and the days after which it was made."""
        return [
            (one["status"], (one["created"] - NOW) // DAY_S)
            for one in self.account.store.all("invoice")
        ]

    def previous(self) -> Any:
        """What the last event says was there before."""
        return self.account.store.all("event")[-1]["data"].get("previous_attributes")
