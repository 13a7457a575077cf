"""One basket in two tabs of a browser, over real HTTP and at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import sleep
from typing import Any

import pytest
from django.contrib import messages
from django.db import connection

from core.sessions import SessionStore
from orders.basket import Basket
from orders.models import Order
from tests.app.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)
EMPTY = "Basket: empty, expected at least one product; put something in."


def somebody_waits() -> bool:
    """Whether another session waits for what this one holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])


@pytest.fixture
def looks_overlap(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From then on the first who looks into a basket goes on only when another has looked into
    theirs, or waits."""
    look, looked = Basket.look, []

    def overlapping(basket: Basket) -> Any:
        found = look(basket)
        looked.append(found)
        for _ in range(3000):
            if len(looked) > 1 or somebody_waits():
                return found
            sleep(0.01)
        raise AssertionError("nobody else looked or waited")

    return lambda: monkeypatch.setattr(Basket, "look", overlapping)


@pytest.mark.slow
def test_one_basket_placed_from_two_tabs_at_once_is_one_order(
    visit: Any, shop: Any, looks_overlap: Callable[[], None]
) -> None:
    cara = visit("cara_customer")
    cara.put(shop.product("Mug"), 2)
    tabs = [cara, cara.tab()]
    works = [partial(tab.place, tab.form_key()) for tab in tabs]
    looks_overlap()
    pages = sorted(at_once(works), key=lambda page: int(page.status_code))
    assert [page.status_code for page in pages] == [200, 409]
    assert EMPTY in pages[1].text
    placed = [f"{cara.address}/orders/{order.pk}/" for order in Order.objects.all()]
    assert placed == [pages[0].url]


@pytest.mark.slow
def test_the_basket_is_empty_for_everybody_as_soon_as_the_order_is_there(
    visit: Any, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only when the answer is sent, which another tab need not wait for."""
    cara = visit("cara_customer")
    cara.put(shop.product("Mug"), 2)
    baskets: list[Any] = []

    def looks(*_: Any) -> None:
        kept = SessionStore(cara.web.cookies["sessionid"])
        baskets.append((Order.objects.count(), kept["basket"]))

    monkeypatch.setattr(messages, "success", looks)
    cara.place(cara.form_key())
    assert baskets == [(1, {})]
