"""What each figure of a day means. The page, the published pages and the code quote this table.

Note [Facts have times]: a figure of a past day must come out the same whenever it is computed
again. So each rests on a fact that is written once, with the moment the shop learned of it, and
never on a status of today. A refund that fails after it had succeeded is two facts: on the day it
succeeded it stays refunded, on the day it failed it counts as returned. What was given back in
the end is refunded less returned.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A figure's field, its name on pages, and what it counts."""

    field: str
    name: str
    means: str


FIGURES = (
    Figure("orders_placed", "Placed", "Orders placed on that day."),
    Figure(
        "orders_paid",
        "Paid",
        "Orders that became paid on that day, each once: an order that comes back from refunded "
        "is not paid again.",
    ),
    Figure("orders_fulfilled", "Fulfilled", "Orders sent on that day, each once."),
    Figure("orders_canceled", "Canceled", "Orders canceled on that day."),
    Figure(
        "captured_pennies",
        "Captured",
        "What payments brought in that succeeded on that day, late money on canceled orders and "
        "second payments among it.",
    ),
    Figure(
        "refunded_pennies",
        "Refunded",
        "Refunds that succeeded on that day, also those that failed later.",
    ),
    Figure(
        "returned_pennies",
        "Returned",
        "Refunds that had succeeded and failed on that day: the customer's bank sent the money "
        "back. Refunded less returned is what customers were given back.",
    ),
    Figure(
        "active_subscriptions",
        "Subscriptions",
        "Subscriptions whose MRR was above nought when the day ended.",
    ),
    Figure("mrr_pennies", "MRR", "Monthly recurring revenue when the day ended."),
)
DAYS = (
    "A day begins and ends at midnight UTC. What happened counts on the day the shop learned of "
    "it. Currencies are never added up."
)
