"""Taking snapshots: figures of days that are over, kept so that pages need not compute them.

Idempotent: a row that already says what the facts say is left alone, one that does not is
written over, and one that no fact supports is taken away. So any range can be rebuilt at any
time, in any order and by several at once, and the rows come out the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from analyticsapp.days import Days, days
from analyticsapp.models import MOVEMENT_FIGURES, SNAPSHOT_FIGURES, DailySnapshot, MrrMovement
from analyticsapp.recompute import FIGURES, parameters

# Held until the transaction ends, so that nobody writes figures computed before somebody else's.
WRITE_LOCK = 0x736E617073686F
DAYS_AT_ONCE = 31


@dataclass(frozen=True)
class Written:
    """Which days were computed, and how many rows changed because of it."""

    days: Days
    rows: int


def take(*, day: date, now: datetime) -> Written:
    """The snapshot of one day. Raises days.NoSuchDays when it is not over."""
    return rebuild(first=day, last=day, now=now)


def rebuild(
    *,
    first: date,
    last: date,
    now: datetime,
    progress: Callable[[Written], None] = lambda written: None,
) -> Written:
    """The snapshots of all these days, a month at a time; `progress` hears of each portion once
    it is written. Raises days.NoSuchDays."""
    wanted = days(first=first, last=last, now=now)
    rows = 0
    for portion in wanted.portions(DAYS_AT_ONCE):
        written = Written(portion, _write(portion, now=now))
        rows += written.rows
        progress(written)
    return Written(wanted, rows)


def _write(portion: Days, *, now: datetime) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITE_LOCK])
        cursor.execute(_UPSERT, {**parameters(portion), "now": now})
        [rows] = cursor.fetchone()
    return int(rows)


def _kept(table: str, named: str, columns: list[str]) -> str:
    """The part of the statement that makes one table say what `figures` says."""
    listed = ", ".join(columns)
    said = ", ".join(f"excluded.{column}" for column in columns)
    held = ", ".join(f"held.{column}" for column in columns)
    return f"""
        {named}_gone AS (
            DELETE FROM {table} AS held
            WHERE day BETWEEN %(first)s AND %(last)s
                AND NOT EXISTS (SELECT FROM figures
                    WHERE figures.day = held.day AND figures.currency = held.currency)
            RETURNING 1
        ), {named} AS (
            INSERT INTO {table} AS held (day, currency, {listed}, taken_at)
            SELECT day, currency, {listed}, %(now)s FROM figures
            ON CONFLICT (day, currency) DO UPDATE
                SET ({listed}, taken_at) = ({said}, excluded.taken_at)
                WHERE ({held}) IS DISTINCT FROM ({said})
            RETURNING 1
        )
    """  # noqa: S608


_UPSERT = f"""
    {FIGURES},
    {_kept(DailySnapshot._meta.db_table, "snapshots", SNAPSHOT_FIGURES)},
    {_kept(MrrMovement._meta.db_table, "movements", MOVEMENT_FIGURES)}
    SELECT (SELECT count(*) FROM snapshots) + (SELECT count(*) FROM snapshots_gone)
        + (SELECT count(*) FROM movements) + (SELECT count(*) FROM movements_gone)
"""  # noqa: S608
