"""What a database holds, as plain data: enough to tell whether another one holds the same.

Rows are counted and hashed without their order; rules are the texts that PostgreSQL itself gives
for constraints, indexes, triggers and functions, and whether a trigger is switched on.

Note [Casts move]
    A dump writes `ANY ((ARRAY['a'::character varying])::text[])`; restored, PostgreSQL prints the
    same rule as `ANY (ARRAY[('a'::character varying)::text])`. So casts between kinds of text, and
    the parentheses that move with them, are left out before two rules are compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connection
from psycopg import sql

FORMAT = 1
SCHEMA = "public"
_CUT = 120
_CASTS = re.compile(r"::(?:character varying|text)(?:\[\])?|[()]")

_RULES = {
    "constraints": """
        SELECT conrelid::regclass || '.' || conname,
            pg_get_constraintdef(oid) || CASE WHEN convalidated THEN '' ELSE ' NOT VALID' END
        FROM pg_constraint WHERE connamespace = %(schema)s::regnamespace AND conrelid <> 0""",
    "indexes": """
        SELECT tablename || '.' || indexname, indexdef FROM pg_indexes
        WHERE schemaname = %(schema)s""",
    "triggers": """
        SELECT tgrelid::regclass || '.' || tgname,
            'enabled ' || tgenabled::text || ': ' || pg_get_triggerdef(pg_trigger.oid)
        FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE NOT tgisinternal AND relnamespace = %(schema)s::regnamespace""",
    "functions": """
        SELECT oid::regprocedure::text, md5(prosrc) FROM pg_proc
        WHERE pronamespace = %(schema)s::regnamespace""",
    "sequences": """
        SELECT sequencename::text, coalesce(last_value, 0)::text FROM pg_sequences
        WHERE schemaname = %(schema)s""",
}


def contents() -> dict[str, Any]:
    """Tables with `rows` and `digest`, and each kind of rule by name, of the database in use.

    Run it in one repeatable-read transaction to describe one moment. Memory stays flat: PostgreSQL
    adds the hashes up.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [SCHEMA])
        tables = sorted(name for (name,) in cursor.fetchall())
        found: dict[str, Any] = {"format": FORMAT, "tables": {}}
        for table in tables:
            cursor.execute(
                sql.SQL(
                    "SELECT count(*), coalesce(sum(('x' || left(md5(row::text), 15))::bit(60)"
                    "::bigint), 0)::text FROM {} AS row"
                ).format(sql.Identifier(SCHEMA, table))
            )
            [(rows, digest)] = cursor.fetchall()
            found["tables"][table] = {"rows": rows, "digest": digest}
        for kind, query in _RULES.items():
            cursor.execute(query, {"schema": SCHEMA})
            found[kind] = dict(sorted(cursor.fetchall()))
    return found


def differences(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> list[str]:
    """A sentence for everything that is not the same; empty when all is."""
    return [*_tables(expected["tables"], actual["tables"]), *_rules(expected, actual)]


def totals(found: Mapping[str, Any]) -> str:
    """How much there is of each, for people."""
    rows = sum(table["rows"] for table in found["tables"].values())
    kinds = ", ".join(f"{len(found[kind])} {kind}" for kind in _RULES)
    return f"{len(found['tables'])} tables, {rows:,} rows, {kinds}"


def _tables(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(expected.keys() | actual.keys()):
        was, now = expected.get(name), actual.get(name)
        if was is None or now is None:
            yield f"table {name}: {'not in the backup' if was is None else 'missing'}"
        elif was["rows"] != now["rows"]:
            yield f"table {name}: {now['rows']:,} rows, expected {was['rows']:,}"
        elif was["digest"] != now["digest"]:
            yield f"table {name}: as many rows as expected, but not the same ones"


def _rules(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> Iterator[str]:
    for kind in _RULES:
        was, now = expected[kind], actual[kind]
        if kind == "sequences":
            was = {name: _reached(number, now.get(name)) for name, number in was.items()}
        for name in sorted(was.keys() | now.keys()):
            if name not in now:
                yield f"{kind}: {name} is missing"
            elif name not in was:
                yield f"{kind}: {name} is not in the backup"
            elif _plain(was[name]) != _plain(now[name]):
                yield f"{kind}: {name} is {now[name][:_CUT]}, expected {was[name][:_CUT]}"


def _plain(rule: str) -> str:
    """See Note [Casts move]."""
    return _CASTS.sub("", rule)


def _reached(was: str, now: str | None) -> str:
    """Sequences stand outside of snapshots, so a shop that goes on may have drawn more numbers by
    the time that they are dumped; fewer would give a number twice."""
    return now if now is not None and int(now) >= int(was) else was
