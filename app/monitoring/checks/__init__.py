"""Every check there is, in the order in which they run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from core.nearest import hint
from core.refusal import Refused
from monitoring.checks import (
    database,
    jobs,
    money,
    production,
    retention,
    snapshots,
    stripe,
    stuck,
    subscriptions,
    trust,
)
from monitoring.checks.check import Check, Finding

CHECKS: tuple[Check, ...] = (
    *money.CHECKS,
    *stuck.CHECKS,
    *jobs.CHECKS,
    *subscriptions.CHECKS,
    *snapshots.CHECKS,
    *stripe.CHECKS,
    *trust.CHECKS,
    *retention.CHECKS,
    *production.CHECKS,
    *database.CHECKS,
)


class UnknownCheck(Refused):
    """No check has this name; the sentence names the nearest one."""


def _nothing(now: datetime) -> list[Finding]:
    """Checks that crashed when they last ran."""
    return []


# Opened by whoever runs the checks when one of them crashes; it has no question of its own.
FAILED = Check(
    "check-failed",
    "A check that failed to run",
    "Read the error; mend its cause and run the checks again. Until then it proves nothing.",
    _nothing,
    is_asked=False,
)


def find(name: str) -> Check | None:
    """The check of this name, None when there is none (any more)."""
    return next((check for check in (*CHECKS, FAILED) if check.name == name), None)


def chosen(only: Sequence[str] | None, left_out: Sequence[str] = ()) -> list[Check]:
    """The checks named, in their own order, all of them without names, but for those left out.
    Raises UnknownCheck."""
    names = [check.name for check in CHECKS]
    for name in (*(only or ()), *left_out):
        if name not in names:
            raise UnknownCheck(
                f"Check: found {name!r}, expected the name of a check; {hint(name, names)}"
            )
    return [
        check for check in CHECKS if check.name not in left_out and (not only or check.name in only)
    ]
