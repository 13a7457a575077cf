"""The demo's subscriptions: what is sold, and what became of each since. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from subscriptions.words import Interval

HISTORY = timedelta(days=215)
"""How long before now the demo begins: the months that the MRR page can tell of."""


class Turn(StrEnum):
    """What happens to a subscription after it was paid for."""

    MORE = "more"
    COUPON = "coupon"
    DYING_CARD = "dying card"
    FREE_WEEKS = "free weeks"
    CANCEL = "cancel"
    NEWS = "news"


@dataclass(frozen=True)
class Step:
    """One turn, so long before now. `amount` is a quantity, a percentage or a number of days."""

    turn: Turn
    ago: timedelta
    amount: int = 0


@dataclass(frozen=True)
class Sold:
    """A plan, and how long ago the customer subscribed to it."""

    slug: str
    name: str
    price_pennies: int
    interval: Interval
    description: str
    ago: timedelta
    steps: tuple[Step, ...] = ()


def _days(days: float) -> timedelta:
    return timedelta(days=days)


SOLD = (
    Sold(
        "oil-by-month",
        "A bottle of oil a month",
        1200,
        Interval.MONTH,
        "Half a litre of this year's oil, sent on the day you first ordered it.",
        _days(208.2),
        (Step(Turn.MORE, _days(121.5), 2),),
    ),
    Sold(
        "pantry-by-year",
        "The pantry, by the year",
        18000,
        Interval.YEAR,
        "Oil, salt and honey four times a year, paid for once.",
        _days(171.4),
        (Step(Turn.COUPON, _days(100.3), 25),),
    ),
    Sold(
        "honey-by-month",
        "A jar of honey a month",
        900,
        Interval.MONTH,
        "Chestnut honey from the same hives, as long as there is any.",
        _days(152.6),
        (Step(Turn.CANCEL, _days(70.1)), Step(Turn.NEWS, _days(58.5))),
    ),
    Sold(
        "candles-by-month",
        "Candles every month",
        1600,
        Interval.MONTH,
        "A pair of beeswax candles for each dark month, and for each light one.",
        _days(94.2),
        (Step(Turn.DYING_CARD, _days(20.2)), Step(Turn.NEWS, _days(1.5))),
    ),
    Sold(
        "salt-by-month",
        "Salt by the month",
        500,
        Interval.MONTH,
        "A quarter of a kilo of flakes. The first two weeks are on us.",
        _days(2.3),
        (Step(Turn.FREE_WEEKS, _days(2.29), 14),),
    ),
)
