"""A customer and staff in the browser's place, the twin in Stripe's, real HTTP in both ways."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

KEY = re.compile(r'name="form_key" value="([^"]+)"')
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Visitor:
    """Somebody with a cookie jar at the shop's address."""

    def __init__(self, address: str, username: str) -> None:
        self.address = address
        self.web = requests.Session()
        self.see("/sign-in/")
        self.send("/sign-in/", username=username, password="correct horse battery")

    def see(self, path: str) -> str:
        """The page, which must be there."""
        self.answer = self.web.get(self.address + path, timeout=10)
        assert self.answer.status_code == 200, (path, self.answer.status_code)
        return self.answer.text

    def send(self, path: str, *, follow: bool = True, **form: object) -> requests.Response:
        """POST a form with the CSRF token of the page last seen."""
        token = CSRF.search(self.answer.text)
        assert token, f"no form on {self.answer.url}"
        answer = self.web.post(
            self.address + path,
            data={**form, "csrfmiddlewaretoken": token[1]},
            allow_redirects=follow,
            timeout=10,
        )
        if follow:
            self.answer = answer
        return answer

    def buy(self, product: Any, quantity: int) -> int:
        """Put it into the basket and place the order; the order's number."""
        self.put(product, quantity)
        self.place(self.form_key())
        return int(urlsplit(self.answer.url).path.split("/")[2])

    def put(self, product: Any, quantity: int) -> None:
        """Put it into the basket."""
        self.see("/")
        self.send("/basket/add/", product=product.pk, quantity=quantity)

    def form_key(self) -> str:
        """Look at the basket; the key of the form there that places an order."""
        key = KEY.search(self.see("/basket/"))
        assert key, f"no form to place an order on {self.answer.url}"
        return key[1]

    def place(self, form_key: str) -> requests.Response:
        """Send that form; the page that it leads to."""
        return self.send("/orders/place/", form_key=form_key)

    def tab(self) -> Visitor:
        """The same person in another tab of the same browser."""
        return copy(self)

    def go_to_pay(self, order_id: int) -> str:
        """Press Pay on the order's page; the address of Stripe's page."""
        self.see(f"/orders/{order_id}/")
        answer = self.send(f"/orders/{order_id}/pay/", follow=False)
        assert answer.status_code == 303
        return str(answer.headers["Location"])


@pytest.fixture
def visit(
    live_server: Any, twin: Any, settings: Any, people: None
) -> Iterator[Callable[[str], Visitor]]:
    """Sign somebody in. Stripe's webhooks arrive at the same shop over HTTP."""
    settings.SHOP_ADDRESS = live_server.url
    twin.control.webhook(
        url=f"{live_server.url}/webhooks/stripe", secrets=["whsec_twin_of_this_machine"]
    )
    here: list[Visitor] = []

    def visit(username: str) -> Visitor:
        here.append(Visitor(live_server.url, username))
        return here[-1]

    yield visit
    for visitor in here:
        visitor.web.close()


@pytest.fixture
def people(transactional_db: None, cara_customer: Any, olly_ops: Any) -> None:
    """cara_customer buys, olly_ops looks after her order."""


@pytest.fixture
def events_arrive(twin: Any) -> Callable[[], None]:
    """Wait for every webhook to be delivered, then let the worker work."""

    def events_arrive() -> None:
        from django.utils import timezone

        from webhooks.worker import process_all

        assert twin.control.wait_idle(timeout_s=10)["idle"]
        process_all(clock=timezone.now)

    return events_arrive
