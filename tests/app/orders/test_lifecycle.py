"""Every pair of statuses, for everyone, against the rules as the documents state them."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from core.actor import Actor
from orders.lifecycle import TRANSITIONS, OrderStatus, Who, find
from orders.models import Order
from orders.services import IllegalMove, check_move, place

PENDING, PAID, FULFILLED, REFUNDED, CANCELED = OrderStatus
EVERYONE = [*Who, "analyst", "nobody"]
STAFF = {Who.OPS, Who.ADMIN}

# Written out here, not read from TRANSITIONS: a row that goes missing there must be noticed.
LEGAL: dict[tuple[OrderStatus, OrderStatus], set[Who]] = {
    (PENDING, PAID): {Who.SYSTEM},
    (PENDING, CANCELED): {Who.SYSTEM, Who.CUSTOMER, *STAFF},
    (PAID, FULFILLED): STAFF,
    (PAID, REFUNDED): {Who.SYSTEM},
    (FULFILLED, REFUNDED): {Who.SYSTEM},
    (REFUNDED, PAID): {Who.SYSTEM},
    (REFUNDED, FULFILLED): {Who.SYSTEM},
}
PAIRS = list(product(OrderStatus, OrderStatus))
CHANGES = [(source, target) for source, target in PAIRS if source != target]
ROAD = {
    PENDING: [],
    PAID: [PAID],
    FULFILLED: [PAID, FULFILLED],
    REFUNDED: [PAID, REFUNDED],
    CANCELED: [CANCELED],
}
MOVE = """
    UPDATE orders_order SET status = %s, captured_pennies = %s, refunded_pennies = %s,
        fulfilled_at = CASE WHEN %s THEN placed_at END
    WHERE id = %s
"""


def amounts(target: OrderStatus) -> tuple[int, int]:
    """Captured and refunded pennies with which only the move itself can be refused."""
    return {PENDING: (0, 0), CANCELED: (0, 0), REFUNDED: (1000, 1000)}.get(target, (1000, 0))


def was_fulfilled(source: OrderStatus, target: OrderStatus) -> bool:
    return FULFILLED in (source, target)


@pytest.mark.parametrize(("source", "target"), PAIRS)
@pytest.mark.parametrize("role", EVERYONE)
def test_service_allows_exactly_the_legal_moves(
    source: OrderStatus, target: OrderStatus, role: str, now: Any
) -> None:
    captured, refunded = amounts(target)
    order = Order(
        id=7,
        customer_id=1,
        status=source,
        currency="GBP",
        total_pennies=1000,
        captured_pennies=captured,
        refunded_pennies=refunded,
        fulfilled_at=now if was_fulfilled(source, target) else None,
    )
    by = Actor(id=1, role=role, origin="web")
    if role in LEGAL.get((source, target), set()):
        check_move(order=order, target=target, by=by)
    else:
        with pytest.raises(IllegalMove, match=r"^Order 7: "):
            check_move(order=order, target=target, by=by)


@pytest.mark.parametrize(("source", "target"), CHANGES)
def test_database_allows_exactly_the_legal_moves(
    source: OrderStatus,
    target: OrderStatus,
    cara_customer: Any,
    now: Any,
    execute: Any,
    refused: Any,
) -> None:
    from catalog.models import Product

    mug = Product.objects.create(name="Mug", slug="mug", price_pennies=1000, currency="GBP")
    order = place(customer=cara_customer, basket={mug: 1}, now=now)
    for step in ROAD[source]:
        execute(MOVE, step, *amounts(step), step == FULFILLED, order.pk)
    move = (MOVE, target, *amounts(target), was_fulfilled(source, target), order.pk)
    if (source, target) in LEGAL:
        execute(*move)
    else:
        message = refused(*move)
        assert message == f"order {order.pk}: {source} to {target} is no legal move"


def test_the_one_data_structure_says_what_the_documents_say() -> None:
    assert {(move.source, move.target): set(move.who) for move in TRANSITIONS} == LEGAL


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_find_gives_the_move_or_none(source: OrderStatus, target: OrderStatus) -> None:
    found = find(source, target)
    assert (found is not None) == ((source, target) in LEGAL)
    assert found is None or (found.source, found.target) == (source, target)
