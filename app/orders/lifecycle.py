"""The order machine, once: the guard, the database rules, the docs table and the test matrix
all come from `TRANSITIONS`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OrderStatus(StrEnum):
    """Where an order stands. Partly refunded is derived from amounts and is no status."""

    PENDING = "pending"
    PAID = "paid"
    FULFILLED = "fulfilled"
    REFUNDED = "refunded"
    CANCELED = "canceled"


class Who(StrEnum):
    """Who may cause a transition."""

    SYSTEM = "system"
    CUSTOMER = "customer"
    OPS = "ops"
    ADMIN = "admin"


@dataclass(frozen=True)
class Transition:
    """One legal move: from, to, who may cause it, and the sentence that must be true first."""

    source: OrderStatus
    target: OrderStatus
    who: frozenset[Who]
    only_when: str


_STAFF = frozenset({Who.OPS, Who.ADMIN})
_SYSTEM = frozenset({Who.SYSTEM})

TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        OrderStatus.PENDING,
        OrderStatus.PAID,
        _SYSTEM,
        "captured at least the total, in the same currency",
    ),
    Transition(
        OrderStatus.PENDING,
        OrderStatus.CANCELED,
        frozenset({Who.CUSTOMER, Who.SYSTEM}) | _STAFF,
        "no payment is processing or succeeded, and the Checkout Session is expired first",
    ),
    Transition(
        OrderStatus.PAID,
        OrderStatus.FULFILLED,
        _STAFF,
        "no dispute is open, and none that was lost took all the money",
    ),
    Transition(
        OrderStatus.PAID,
        OrderStatus.REFUNDED,
        _SYSTEM,
        "everything captured was refunded",
    ),
    Transition(
        OrderStatus.FULFILLED,
        OrderStatus.REFUNDED,
        _SYSTEM,
        "everything captured was refunded",
    ),
    Transition(
        OrderStatus.REFUNDED,
        OrderStatus.PAID,
        _SYSTEM,
        "a refund that had succeeded failed later, and the order was paid before it",
    ),
    Transition(
        OrderStatus.REFUNDED,
        OrderStatus.FULFILLED,
        _SYSTEM,
        "a refund that had succeeded failed later, and the order was fulfilled before it",
    ),
)


def find(source: OrderStatus, target: OrderStatus) -> Transition | None:
    """The legal move between two statuses, or None when there is none."""
    return next(
        (move for move in TRANSITIONS if move.source == source and move.target == target), None
    )
