"""What the analysts' page shows: a range of days by currency, drawn and written down.

It reads snapshots only, so it is as quick on a million orders as on ten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from analyticsapp.days import Days
from analyticsapp.figures import FIGURES
from analyticsapp.models import AMOUNTS, COUNTS, DailySnapshot
from core.charts import Chart, Series, Write, chart, money_writer
from core.money import display

_NAMES = {figure.field: figure.name for figure in FIGURES}


@dataclass(frozen=True)
class Row:
    """One day as a person reads it; no figures where the snapshot is missing."""

    day: date
    figures: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Report:
    """One currency over the range. `sums` are what happened in all of it, and MRR at its end."""

    currency: str
    sums: tuple[tuple[str, str], ...]
    charts: tuple[Chart, ...]
    rows: list[Row]
    missing: int


def reports(days: Days) -> list[Report]:
    """A report for each currency that has snapshots in the range, the newest day first in it."""
    found = DailySnapshot.objects.filter(day__range=(days.first, days.last))
    return [
        _report(currency, days, {row.day: row for row in rows})
        for currency, rows in groupby(found.order_by("currency", "day"), lambda row: row.currency)
    ]


def headings() -> list[str]:
    """The names of the figures, in the order in which a row has them."""
    return [figure.name for figure in FIGURES]


def _report(currency: str, days: Days, kept: dict[date, DailySnapshot]) -> Report:
    """Nothing is missing before the currency's first snapshot in the range: it may be new."""
    every, known = days.every(), list(kept.values())
    shown = [day for day in every if day >= known[0].day]
    return Report(
        currency=currency,
        sums=tuple(_sums(currency, known)),
        charts=tuple(_charts(currency, every, kept)),
        rows=[Row(day, _written(kept.get(day), currency)) for day in reversed(shown)],
        missing=sum(day not in kept for day in shown),
    )


def _sums(currency: str, known: list[DailySnapshot]) -> Iterable[tuple[str, str]]:
    for field in ("orders_placed", "orders_paid", "captured_pennies", "refunded_pennies"):
        total = sum(getattr(row, field) for row in known)
        yield _NAMES[field], _write(field, total, currency)
    yield "MRR at the end", display(known[-1].mrr_pennies, currency)


def _charts(currency: str, every: list[date], kept: dict[date, DailySnapshot]) -> Iterable[Chart]:
    labels = [f"{day.day} {day:%b}" for day in every]
    money = money_writer(currency)

    def draw(key: str, title: str, fields: list[str], write: Write) -> Chart:
        return chart(
            key=f"{key}-{currency.lower()}",
            title=title,
            labels=labels,
            series=[Series(_NAMES[field], _values(field, every, kept)) for field in fields],
            write=write,
        )

    yield draw("orders", "Orders a day", COUNTS, _count)
    yield draw(
        "money",
        f"Captured and refunded a day, {currency}",
        ["captured_pennies", "refunded_pennies"],
        money,
    )
    yield draw("mrr", f"MRR at the end of each day, {currency}", ["mrr_pennies"], money)


def _values(
    field: str, every: list[date], kept: dict[date, DailySnapshot]
) -> tuple[int | None, ...]:
    return tuple(getattr(kept[day], field) if day in kept else None for day in every)


def _written(row: DailySnapshot | None, currency: str) -> tuple[tuple[str, str], ...]:
    if row is None:
        return ()
    return tuple(
        (figure.name, _write(figure.field, getattr(row, figure.field), currency))
        for figure in FIGURES
    )


def _write(field: str, value: int, currency: str) -> str:
    return display(value, currency) if field in AMOUNTS else _count(value)


_count: Callable[[int], str] = "{:,}".format
