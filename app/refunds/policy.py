"""The refund policy as code: who may get how much back, until when. The page quotes this."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.roles import TABLE, Permission, Role
from core.actor import Actor
from core.money import display

# Days after the payment in which a refund can be asked for. Money that came for a canceled
# order, or a second time for the same one, has no such end: it was never ours.
WINDOW_DAYS = 30
SMALLEST_PENNIES = 1
LONGEST_REASON = 300


@dataclass(frozen=True)
class Holding:
    """What an order's payment holds, in whole minor units of `currency`."""

    order_id: int
    currency: str
    captured_pennies: int
    refunded_pennies: int
    reserved_pennies: int
    disputed_pennies: int
    paid_at: datetime | None
    is_canceled: bool
    # Whether the bank still has to decide about what is disputed.
    is_dispute_open: bool = False
    # Whether the order keeps another payment that came before.
    came_second: bool = False

    @property
    def left_pennies(self) -> int:
        """Captured, less what went back, is on its way back, or is disputed."""
        gone = self.refunded_pennies + self.reserved_pennies + self.disputed_pennies
        return max(0, self.captured_pennies - gone)


@dataclass(frozen=True)
class Assessment:
    """`refundable_pennies` could go back now. `refused` is the sentence why not, or None."""

    refundable_pennies: int
    refused: str | None


def assess(*, holding: Holding, asked_pennies: int | None = None, now: datetime) -> Assessment:
    """What the policy says to this amount, or to any amount when none is given yet."""
    order, left = f"Order {holding.order_id}", holding.left_pennies
    last_day = _last_moment(holding)
    if holding.captured_pennies == 0:
        return Assessment(0, f"{order}: nothing was paid, so nothing can be refunded.")
    if holding.disputed_pennies > 0:
        return Assessment(0, f"{order}: {_disputed(holding)}")
    if last_day is not None and now > last_day:
        return Assessment(
            0,
            f"{order}: paid more than {WINDOW_DAYS} days ago, refunds were possible until "
            f"{last_day:%Y-%m-%d %H:%M} UTC.",
        )
    if left == 0:
        return Assessment(0, f"{order}: {display(0, holding.currency)} left to refund.")
    if asked_pennies is None:
        return Assessment(left, None)
    asked = display(asked_pennies, holding.currency)
    if asked_pennies < SMALLEST_PENNIES:
        return Assessment(left, f"{order}: {asked} asked, more than nothing expected.")
    if asked_pennies > left:
        shown = display(left, holding.currency)
        return Assessment(left, f"{order}: {asked} asked, {shown} left to refund.")
    return Assessment(left, None)


def may_issue(by: Actor) -> bool:
    """Whether this actor may refund: whoever holds refund:issue, and the shop itself."""
    if by.role == "system":
        return True
    return by.role in list(Role) and Permission.REFUND_ISSUE in TABLE[Role(by.role)]


def _disputed(holding: Holding) -> str:
    """Stripe refunds no charge that was charged back, not even the part that was not."""
    if holding.is_dispute_open:
        return "a dispute is open; answer it at Stripe, do not refund."
    taken = display(holding.disputed_pennies, holding.currency)
    return f"the bank gave {taken} back in a dispute; nothing more can be refunded."


def _last_moment(holding: Holding) -> datetime | None:
    if holding.is_canceled or holding.came_second or holding.paid_at is None:
        return None
    return holding.paid_at + timedelta(days=WINDOW_DAYS)
