"""The ledger of MRR: each change once, in order, never changed; and what it adds up to.

Totals are per currency and never summed across. A range holds its start and not its end, so two
ranges that touch share no change. Every answer about the past can be computed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection

from subscriptions.models import Change, MrrChange, Subscription


@dataclass(frozen=True)
class Movement:
    """How MRR moved from one moment to the next, in whole minor units of one currency. Every
    amount is positive: start + new + expansion + reactivation - contraction - churn = end."""

    start_pennies: int = 0
    new_pennies: int = 0
    expansion_pennies: int = 0
    reactivation_pennies: int = 0
    contraction_pennies: int = 0
    churn_pennies: int = 0

    @property
    def end_pennies(self) -> int:
        """What the movement leads to; a check compares it with the subscriptions themselves."""
        gained = self.new_pennies + self.expansion_pennies + self.reactivation_pennies
        return self.start_pennies + gained - self.contraction_pennies - self.churn_pennies


def record(*, subscription: Subscription, after_pennies: int, now: datetime) -> MrrChange | None:
    """Write down a subscription's MRR, and the change that led to it; None when it is as before.

    The one writer of both. The caller's transaction must hold the subscription's row locked.
    What it was worth before is what the ledger ends with: whoever changed one of them by hand, it
    goes on from there, adds up, and leads to the subscription's own MRR again.
    """
    last = MrrChange.objects.filter(subscription=subscription).order_by("-id").first()
    before = last.after_pennies if last else 0
    subscription.mrr_pennies = after_pennies
    subscription.save(update_fields=["mrr_pennies"])
    if after_pennies == before:
        return None
    return MrrChange.objects.create(
        subscription=subscription,
        # Clocks of two machines may differ by a little; the ledger never goes back in time.
        at=max(now, last.at) if last else now,
        currency=subscription.currency,
        before_pennies=before,
        after_pennies=after_pennies,
        kind=kind_of(before, after_pennies, is_first=last is None),
    )


def kind_of(before_pennies: int, after_pennies: int, *, is_first: bool) -> Change:
    """What a change from one amount to another one is called."""
    if before_pennies == 0:
        return Change.NEW if is_first else Change.REACTIVATION
    if after_pennies == 0:
        return Change.CHURN
    return Change.EXPANSION if after_pennies > before_pennies else Change.CONTRACTION


def totals(*, at: datetime) -> dict[str, int]:
    """MRR per currency just before that moment, in whole minor units. Currencies that never had
    any are not in it."""
    # A range that ends as it begins: all that counts is what went before.
    return {code: range_.start_pennies for code, range_ in movements(start=at, end=at).items()}


def movements(*, start: datetime, end: datetime) -> dict[str, Movement]:
    """How MRR moved from `start` until just before `end`, per currency."""
    return {code: only for code, (only,) in series([start, end]).items()}


def series(moments: Sequence[datetime]) -> dict[str, list[Movement]]:
    """The movements between each two neighbours of these ascending moments, per currency; one
    query, however many there are."""
    query = """
        SELECT currency, width_bucket(at, %(moments)s::timestamptz[]), kind,
            sum(after_pennies - before_pennies)::bigint
        FROM subscriptions_mrrchange WHERE at < %(end)s
        GROUP BY 1, 2, 3
    """
    with connection.cursor() as cursor:
        cursor.execute(query, {"moments": list(moments), "end": moments[-1]})
        rows = cursor.fetchall()
    return {
        currency: _joined([row[1:] for row in rows if row[0] == currency], len(moments) - 1)
        for currency in sorted({row[0] for row in rows})
    }


def _joined(rows: list[tuple[int, str, int]], count: int) -> list[Movement]:
    """One movement a range, each starting where the one before ended. Range 0 is all before."""
    start = sum(pennies for number, _, pennies in rows if number == 0)
    joined: list[Movement] = []
    for number in range(1, count + 1):
        moved = {f"{kind}_pennies": abs(pennies) for n, kind, pennies in rows if n == number}
        joined.append(replace(Movement(start), **moved))
        start = joined[-1].end_pennies
    return joined
