"""The demo's orders: what was bought, and what became of it when. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Act(StrEnum):
    """What somebody does to an order after placing it."""

    PAY = "pay"
    BEGIN_TO_PAY = "begin to pay"
    SHIP = "ship"
    REFUND = "refund"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Step:
    """One act, so long after the order was placed. A refund of None gives everything back."""

    act: Act
    after: timedelta
    pennies: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Story:
    """One order: how long ago it was placed, what was in it, and its steps."""

    ago: timedelta
    basket: dict[str, int]
    steps: tuple[Step, ...] = ()


def _days(days: float) -> timedelta:
    return timedelta(days=days)


_PAID = Step(Act.PAY, timedelta(minutes=4))


def _shipped(days: float) -> Step:
    return Step(Act.SHIP, _days(days))


def _refund(days: float, pennies: int | None, reason: str) -> Step:
    return Step(Act.REFUND, _days(days), pennies, reason)


STORIES = (
    Story(_days(13.2), {"wool-blanket": 1}, (_PAID, _shipped(0.8))),
    Story(
        _days(11.9),
        {"stoneware-mug": 4},
        (_PAID, _shipped(1.1), _refund(4.3, 2200, "one mug arrived broken")),
    ),
    Story(
        _days(10.4),
        {"oak-board": 1, "linen-towel": 2},
        (_PAID, _shipped(0.9), _refund(6.2, None, "sent back unused")),
    ),
    Story(
        _days(9.1),
        {"beeswax-candles": 2},
        (Step(Act.CANCEL, timedelta(minutes=25), reason="ordered twice by mistake"),),
    ),
    Story(_days(9.0), {"beeswax-candles": 2}, (_PAID, _shipped(1.0))),
    Story(
        _days(6.6),
        {"olive-oil": 3, "sea-salt": 2},
        (
            _PAID,
            _shipped(0.7),
            _refund(2.1, 595, "one packet of salt was missing"),
            _refund(3.0, 400, "apology for the delay"),
        ),
    ),
    Story(_days(5.3), {"chestnut-honey": 2}, (_PAID, _refund(0.4, None, "out of stock"))),
    Story(_days(3.8), {"linen-towel": 6}, (_PAID, _shipped(1.2))),
    Story(_days(2.2), {"olive-oil": 1, "chestnut-honey": 1, "sea-salt": 1}, (_PAID,)),
    Story(_days(1.1), {"stoneware-mug": 2, "beeswax-candles": 1}, (_PAID,)),
    Story(
        timedelta(hours=3),
        {"wool-blanket": 2},
        (Step(Act.BEGIN_TO_PAY, timedelta(minutes=2)),),
    ),
    Story(timedelta(minutes=40), {"oak-board": 1}),
)
