"""The MRR page for analysts: a year of movements by month, each currency for itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from core.charts import Chart, Series, chart, money_writer
from core.money import display
from subscriptions.ledger import Movement, series

MONTHS = 12


@dataclass(frozen=True)
class Row:
    """One month, as a person reads it."""

    month: str
    start: str
    new: str
    expansion: str
    reactivation: str
    contraction: str
    churn: str
    end: str


@dataclass(frozen=True)
class Report:
    """One currency: its MRR now, drawn and written down by month, the newest month first."""

    currency: str
    mrr: str
    chart: Chart
    rows: list[Row]


def reports(*, now: datetime) -> list[Report]:
    """A report for each currency that ever had MRR; the last month ends at `now`."""
    edges = [*months(now), now]
    labels = [f"{edge:%b %Y}" for edge in edges[:-1]]
    return [_report(code, labels, found) for code, found in series(edges).items()]


def months(now: datetime) -> list[datetime]:
    """The first moments of this month and of the eleven before it, oldest first, in UTC."""
    utc = now.astimezone(UTC)
    this = utc.year * 12 + utc.month - 1
    return [
        datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
        for month in range(this - MONTHS + 1, this + 1)
    ]


def _report(currency: str, labels: list[str], found: list[Movement]) -> Report:
    ends = tuple(movement.end_pennies for movement in found)
    return Report(
        currency=currency,
        mrr=display(ends[-1], currency),
        chart=chart(
            key=f"mrr-{currency.lower()}",
            title=f"MRR in {currency} at the end of each month",
            labels=labels,
            series=[Series("MRR", ends)],
            write=money_writer(currency),
        ),
        rows=[_row(currency, *one) for one in zip(labels, found, strict=True)][::-1],
    )


def _row(currency: str, month: str, movement: Movement) -> Row:
    return Row(
        month=month,
        start=display(movement.start_pennies, currency),
        new=display(movement.new_pennies, currency),
        expansion=display(movement.expansion_pennies, currency),
        reactivation=display(movement.reactivation_pennies, currency),
        contraction=display(-movement.contraction_pennies, currency),
        churn=display(-movement.churn_pennies, currency),
        end=display(movement.end_pennies, currency),
    )
