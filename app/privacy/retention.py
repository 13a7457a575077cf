"""What is kept too long, found and taken away. The periods stand in `periods`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from accounts import lockout, sessions
from accounts.models import User
from accounts.roles import Role
from audit import services as audit
from audit.actions import Action, Result
from core import limits
from core.actor import Actor, system
from core.refusal import Refused
from privacy import erasure, open_money, periods
from webhooks import forgetting
from webhooks.models import WAITING

# Long before the shop; a period is still a date when it is taken off.
EARLIEST = date(2000, 1, 1)


class NoSuchDate(Refused):
    """No date, or one that is not here yet: what is kept rightly would go."""


@dataclass(frozen=True)
class Rule:
    """One kind of row: for how long it is kept, which rows are older (SQL, from `before` on), and
    what takes them away. `is_audited`: row by row, by what takes it away."""

    name: str
    what: str
    kept: timedelta
    rows: str
    take_away: Callable[[datetime], int]
    is_audited: bool = False


@dataclass(frozen=True)
class Count:
    """How many rows a rule speaks of."""

    rule: Rule
    rows: int


def apply(*, now: datetime, by: Actor) -> list[Count]:
    """Take away what is older than its period; how much, by rule. Again, nothing is left. Audited
    when there was anything, with the rows that went or not at all."""
    # Each of these stands for itself; in one transaction they would hold the record for long.
    rows = {rule.name: rule.take_away(now - rule.kept) for rule in RULES if rule.is_audited}
    with transaction.atomic():
        for rule in RULES:
            if not rule.is_audited:
                rows[rule.name] = rule.take_away(now - rule.kept)
        if any(rows.values()):
            audit.record(
                actor=by,
                action=Action.RETENTION_APPLIED,
                subject="retention",
                result=Result.DONE,
                details=rows,
                now=now,
            )
    return [Count(rule, rows[rule.name]) for rule in RULES]


def overdue(*, now: datetime, grace: timedelta = timedelta()) -> list[Count]:
    """How many rows are older than their period and the grace, by rule. One query."""
    query = " UNION ALL ".join(
        f"SELECT {number}, count(*) FROM {_at(rule, number)}"  # noqa: S608
        for number, rule in enumerate(RULES)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"{query} ORDER BY 1",
            {
                **_PARAMETERS,
                **{f"before_{i}": now - rule.kept - grace for i, rule in enumerate(RULES)},
            },
        )
        return [Count(RULES[number], rows) for number, rows in cursor.fetchall()]


def as_of(text: str, *, now: datetime) -> datetime:
    """The end of that day, or `now` when it is today's. Raises NoSuchDate."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise NoSuchDate(f"Date: found {text!r}, expected a day like 2026-03-31.") from error
    if day < EARLIEST:
        raise NoSuchDate(f"Date: {day} is out of range; choose a day from {EARLIEST} on.")
    if day > now.astimezone(UTC).date():
        raise NoSuchDate(f"Date: {day} is not here yet; what may still be kept would go.")
    return min(now, datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC))


def _at(rule: Rule, number: int) -> str:
    return rule.rows.replace("%(before)s", f"%(before_{number})s")


def _erase_idle(before: datetime) -> int:
    """Erase them one by one, each audited like an erasure that was asked for."""
    rule = next(rule for rule in RULES if rule.name == "idle-customers")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT accounts_user.id FROM {rule.rows} ORDER BY 1",  # noqa: S608
            {**_PARAMETERS, "before": before},
        )
        keys = [key for (key,) in cursor.fetchall()]
    return sum(_erased(key, rule, before) for key in keys)


def _erased(key: int, rule: Rule, before: datetime) -> bool:
    """False for somebody who came back, or ordered, since they were found."""
    try:
        erasure.erase(
            user=User.objects.get(pk=key),
            why=f"not seen for {rule.kept.days} days",
            by=system("retention"),
            now=before + rule.kept,
        )
    except erasure.CannotErase:
        return False
    return True


_PARAMETERS: dict[str, str | list[Any]] = {
    **open_money.PARAMETERS,
    "customer": Role.CUSTOMER.value,
    "waiting": [status.value for status in WAITING],
}
# Whoever was deactivated is still named here; whoever was erased is not, see `erasure.is_erased`.
_IDLE = f"""accounts_user WHERE (is_active OR username <> 'erased-' || accounts_user.id)
    AND coalesce(last_login, date_joined) < %(before)s
    AND EXISTS (SELECT FROM accounts_user_groups JOIN auth_group ON auth_group.id = group_id
        WHERE user_id = accounts_user.id AND name = %(customer)s)
    AND NOT EXISTS (SELECT FROM orders_order
        WHERE customer_id = accounts_user.id AND placed_at >= %(before)s)
    AND NOT ({open_money.anything_open("accounts_user.id")})"""  # noqa: S608
RULES: tuple[Rule, ...] = (
    Rule(
        "sign-in-attempts",
        "Failed sign-ins with the address they came from",
        periods.ATTEMPTS,
        "axes_accessattempt WHERE attempt_time < %(before)s",
        lambda before: lockout.forget_attempts(before=before),
    ),
    Rule(
        "limit-counts",
        "How often somebody did what is limited",
        periods.COUNTS,
        "core_tally WHERE began_at < %(before)s",
        lambda before: limits.forget_counts(before=before),
    ),
    Rule(
        "ended-sessions",
        "Sessions that have ended",
        periods.ENDED_SESSIONS,
        "django_session WHERE expire_date < %(before)s",
        lambda before: sessions.forget_ended(before=before),
    ),
    Rule(
        "event-bodies",
        "Bodies of Stripe's events, with what payers typed",
        periods.EVENT_BODIES,
        "webhooks_stripeevent WHERE received_at < %(before)s AND payload <> '{}' "
        "AND status <> ALL(%(waiting)s)",
        lambda before: forgetting.empty_old(before=before),
    ),
    Rule(
        "idle-customers",
        "Customers who neither signed in nor ordered, with no money open",
        periods.IDLE_CUSTOMERS,
        _IDLE,
        _erase_idle,
        is_audited=True,
    ),
)
