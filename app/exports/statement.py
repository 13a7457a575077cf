"""The one SQL statement behind an export: COPY does the work, so a million rows take seconds.

Note [Formulas]: a spreadsheet runs a cell that begins with `=`, `+`, `-`, `@` (or their full-width
forms) as a formula, also behind spaces that it strips, and a tab, a carriage return or a line feed
at the start can move text into a cell of its own. Such a text gets an apostrophe in front, which
makes the cell text. Only text columns are looked at: `-3` in a column of numbers is a number.
Source: OWASP, CSV Injection.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta

from core.money import THREE_DECIMAL, ZERO_DECIMAL
from exports.tables import Column, Kind, Table

# PostgreSQL's own escapes: no-break space, zero-width space, byte order mark; then =, +, -, @.
FORMULA = r"^[\s\u00a0\u200b\ufeff]*[=+@\uff1d\uff0b\uff0d\uff20-]|^[\t\r\n]"


@dataclass(frozen=True)
class Chosen:
    """What the filter asks for. Both days belong to it; None and the empty text ask nothing."""

    start: date | None = None
    end: date | None = None
    status: str = ""
    currency: str = ""

    def told(self) -> dict[str, str]:
        """What was asked, as the audit keeps it."""
        return {name: str(value) for name, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Statement:
    """A COPY statement with named parameters."""

    sql: str
    parameters: dict[str, object]


def compose(table: Table, chosen: Chosen) -> Statement:
    """The statement that writes the chosen rows as CSV, header first, in the order of their keys.

    One statement sees one moment of the database, however long the reader takes.
    """
    conditions, parameters = _conditions(table, chosen)
    columns = ", ".join(cell for column in table.columns for cell in _cells(table, column))
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    select = f"SELECT {columns} FROM {table.rows}{where} ORDER BY {table.key}"  # noqa: S608
    return Statement(f"COPY ({select}) TO STDOUT WITH (FORMAT csv, HEADER)", parameters)


def _conditions(table: Table, chosen: Chosen) -> tuple[list[str], dict[str, object]]:
    wanted: list[tuple[str, str, object]] = []
    if chosen.start:
        wanted.append((f"{table.moment} >= %(start)s", "start", _midnight(chosen.start)))
    if chosen.end:
        after = _midnight(chosen.end) + timedelta(days=1)
        wanted.append((f"{table.moment} < %(end)s", "end", after))
    if chosen.status and table.status:
        wanted.append((f"{table.status} = %(status)s", "status", chosen.status))
    if chosen.currency and table.currency:
        wanted.append((f"{table.currency} = %(currency)s", "currency", chosen.currency))
    return [sql for sql, _, _ in wanted], {name: value for _, name, value in wanted}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _cells(table: Table, column: Column) -> list[str]:
    """The select list of one column: two cells for an amount, one for anything else."""
    source, header = column.source, f'"{column.header}"'
    match column.kind:
        case Kind.MONEY:
            decimal = (
                f"CASE WHEN {table.currency} IN ({_listed(ZERO_DECIMAL)}) THEN {source} "
                f"WHEN {table.currency} IN ({_listed(THREE_DECIMAL)}) THEN {source} * 0.001 "
                f"ELSE {source} * 0.01 END"
            )
            return [f'{source} AS "{column.header}_pennies"', f"{decimal} AS {header}"]
        case Kind.TEXT:
            return [f"{_escaped(source)} AS {header}"]
        case Kind.TIME:
            return [f"date_trunc('second', {source} AT TIME ZONE 'UTC') AS {header}"]
        case Kind.FLAG:
            return [f"CASE WHEN {source} THEN 'yes' ELSE 'no' END AS {header}"]
        case Kind.NUMBER:
            return [f"{source} AS {header}"]


def _listed(codes: frozenset[str]) -> str:
    return ", ".join(f"'{code}'" for code in sorted(codes))


def _escaped(source: str) -> str:
    """See Note [Formulas]. Most cells begin with a digit or a letter, and a look at their first
    character costs a tenth of what the pattern does."""
    harmless = f"ascii({source}) BETWEEN 48 AND 57 OR ascii({source}) BETWEEN 65 AND 122"
    return (
        f"CASE WHEN {harmless} THEN {source} "
        f"WHEN {source} ~ '{FORMULA}' THEN '''' || {source} ELSE {source} END"
    )
