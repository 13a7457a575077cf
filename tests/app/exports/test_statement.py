from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from django.db import connection

from exports.statement import Chosen, compose
from exports.tables import CUSTOMERS, ORDERS, REFUNDS, TABLES, Column, Kind, Table

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\rcmd", "\nx", "  =1", "\u00a0=1", "\ufeff=1"]
FULL_WIDTH = ["＝1", "＋1", "－1", "＠SUM"]
HARMLESS = ["Ann", "ann", "9 lives", "", "Élan", "(=1)", "a=1", "'=1", "ω", "?", "~", "a\n=1"]


def _written(text: str) -> str:
    """What stands in the CSV cell of a text, as a reader of CSV gets it."""
    source = Table(
        name="one",
        title="",
        says="",
        permission=ORDERS.permission,
        rows=f"(SELECT {_literal(text)}::text AS cell) AS given",
        key="cell",
        moment="",
        columns=(Column("cell", "cell", Kind.TEXT),),
    )
    return next(csv.DictReader(io.StringIO(_run(source), newline="")))["cell"]


def _literal(text: str) -> str:
    return connection.cursor().mogrify("%s", [text])


def _run(table: Table, chosen: Chosen | None = None) -> str:
    statement = compose(table, chosen or Chosen())
    cursor = connection.cursor()
    with cursor.copy(cursor.mogrify(statement.sql, statement.parameters)) as rows:
        return b"".join(bytes(row) for row in rows).decode()


@pytest.mark.django_db
@pytest.mark.parametrize("text", FORMULAS + FULL_WIDTH)
def test_text_that_a_spreadsheet_would_run_begins_with_an_apostrophe(text: str) -> None:
    assert _written(text) == "'" + text


@pytest.mark.django_db
@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_is_written_as_it_is(text: str) -> None:
    assert _written(text) == text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("currency", "written"), [("GBP", "-3.00"), ("JPY", "-300"), ("KWD", "-0.300")]
)
def test_a_negative_number_stays_a_number(currency: str, written: str) -> None:
    rows = f"(SELECT -300::bigint AS pennies, '{currency}' AS code, NULL::bigint AS nothing) AS x"
    table = Table(
        name="one",
        title="",
        says="",
        permission=ORDERS.permission,
        rows=rows,
        key="pennies",
        moment="",
        currency="code",
        columns=(
            Column("lost", "pennies", Kind.MONEY),
            Column("nothing", "nothing", Kind.NUMBER),
        ),
    )
    assert _run(table) == f"lost_pennies,lost,nothing\n-300,{written},\n"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_text_column_is_escaped(table: Table) -> None:
    sql = compose(table, Chosen()).sql
    texts = [column for column in table.columns if column.kind == Kind.TEXT]
    assert texts
    for column in texts:
        assert (
            f"THEN '''' || {column.source} ELSE {column.source} END AS \"{column.header}\"" in sql
        )


def test_the_filter_goes_in_as_parameters() -> None:
    chosen = Chosen(date(2026, 3, 1), date(2026, 3, 2), "paid", "GBP")
    statement = compose(ORDERS, chosen)
    assert statement.sql.endswith(
        "FROM orders_order WHERE placed_at >= %(start)s AND placed_at < %(end)s AND "
        "status = %(status)s AND currency = %(currency)s ORDER BY orders_order.id) "
        "TO STDOUT WITH (FORMAT csv, HEADER)"
    )
    assert {name: str(value) for name, value in statement.parameters.items()} == {
        "start": "2026-03-01 00:00:00+00:00",
        "end": "2026-03-03 00:00:00+00:00",
        "status": "paid",
        "currency": "GBP",
    }


def test_names_and_addresses_stand_only_where_their_permission_is_asked_for() -> None:
    personal = {"username", "first_name", "last_name", "email"}
    for table in (ORDERS, REFUNDS):
        assert not personal & {column.source for column in table.columns}
    assert personal <= {column.source for column in CUSTOMERS.columns}
    assert CUSTOMERS.permission == "export:customers"
