"""Daily snapshots: whether each is there, and whether it still says what the facts say."""

from __future__ import annotations

from datetime import datetime, timedelta

from analyticsapp.days import Days, yesterday
from analyticsapp.models import (
    MOVEMENT_FIGURES,
    SNAPSHOT_FIGURES,
    DailySnapshot,
    MrrMovement,
)
from analyticsapp.recompute import FIGURES, SINCE, parameters
from monitoring.checks.check import Check, Finding, rows

# Computed again each time; older days are compared by taking them again, which changes nothing.
COMPARED_DAYS = 7
# The night's job takes yesterday's; nobody is called before it had its time, retries among it.
GRACE = timedelta(hours=2)
# Further back than any shop of ours; the query looks only at days since a currency's first fact.
LOOKED_BACK_DAYS = 3660

_MISSING = f"""
    {SINCE}
    SELECT since.currency, count(*), min(day), max(day) FROM since
        JOIN days ON since.at < days.ends_at
        LEFT JOIN {DailySnapshot._meta.db_table} AS kept USING (day, currency)
    WHERE kept.day IS NULL
    GROUP BY since.currency ORDER BY since.currency
"""  # noqa: S608


def snapshots_missing(now: datetime) -> list[Finding]:
    """Currencies with a day, since their first order or subscription, that has no snapshot."""
    last = yesterday(now=now - GRACE)
    found = rows(_MISSING, parameters(Days(last - timedelta(days=LOOKED_BACK_DAYS), last)))
    return [
        Finding(
            f"snapshots:{currency}",
            f"a snapshot of every day until {last}",
            f"{count} missing, from {first} to {newest}",
        )
        for currency, count, first, newest in found
    ]


def _compared(table: str, columns: list[str]) -> str:
    """The rows in which the kept and the computed differ, and in which figures."""
    said = " || ".join(
        f"CASE WHEN figures.{name} IS DISTINCT FROM kept.{name} THEN "
        f"' {name} ' || coalesce(%s.{name}::text, 'none') ELSE '' END"
        for name in columns
    )
    held = ", ".join(f"kept.{name}" for name in columns)
    true = ", ".join(f"figures.{name}" for name in columns)
    return f"""
        SELECT day, currency, {said.replace("%s", "figures")} AS expected,
            {said.replace("%s", "kept")} AS actual
        FROM figures FULL JOIN (
            SELECT * FROM {table} WHERE day BETWEEN %(first)s AND %(last)s
        ) AS kept USING (day, currency)
        WHERE kept.day IS NOT NULL AND ({held}) IS DISTINCT FROM ({true})
    """  # noqa: S608


_DIFFERS = f"""
    {FIGURES}
    SELECT 'snapshot:' || day || ' ' || currency, expected, actual
    FROM ({_compared(DailySnapshot._meta.db_table, SNAPSHOT_FIGURES)}) AS snapshots
    UNION ALL
    SELECT 'mrr-movement:' || day || ' ' || currency, expected, actual
    FROM ({_compared(MrrMovement._meta.db_table, MOVEMENT_FIGURES)}) AS movements
    ORDER BY 1
"""  # noqa: S608


def snapshots_differ(now: datetime) -> list[Finding]:
    """Snapshots of the last days in which a figure is not what the facts give now."""
    last = yesterday(now=now)
    first = last - timedelta(days=COMPARED_DAYS - 1)
    return [
        Finding(subject, f"recomputed:{expected}", f"kept:{actual}")
        for subject, expected, actual in rows(_DIFFERS, parameters(Days(first, last)))
    ]


CHECKS = (
    Check(
        "snapshot-missing",
        "Daily snapshot missing",
        "Run take_snapshots --from DAY; look at failed-jobs for why the night's run did not.",
        snapshots_missing,
    ),
    Check(
        "snapshot-differs",
        "Snapshot differs from what the facts give now",
        "Find who changed facts or snapshots by hand; then run take_snapshots --from DAY.",
        snapshots_differ,
    ),
)
