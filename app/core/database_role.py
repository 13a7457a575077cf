"""The database role that production runs under: it reads and writes rows and owns nothing.

Only a table's owner can disable its triggers, so a shop that is broken into as this role cannot
rewrite the audit record. The owner migrates, and is used for nothing else.
"""

from __future__ import annotations

import re

from django.apps import apps
from django.db import connection, transaction
from psycopg import sql

from core.append_only import AppendOnly
from core.refusal import Refused

# What the shop looks at and only a migration writes.
READ_ONLY = ("django_migrations",)


class NotSuch(Refused):
    """The name is no role that could be given so little: the owner, a superuser, or no name."""


def make(*, role: str) -> None:
    """Make the role, unless it is there, and give it what the shop needs and nothing more. Run it
    as the owner, and again after a migration; a second run changes nothing. A role made here has
    no password yet, so nobody can sign in as it. Raises NotSuch."""
    name = sql.Identifier(_checked(role))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [role])
        [is_there] = cursor.fetchone()
        if not is_there:
            cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
        _refuse_mighty(role)
        for statement in _GRANTS:
            cursor.execute(sql.SQL(statement).format(role=name))
        for table in append_only():
            cursor.execute(
                sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}").format(sql.Identifier(table), name)
            )
        for table in READ_ONLY:
            cursor.execute(
                sql.SQL("REVOKE INSERT, UPDATE, DELETE ON {} FROM {}").format(
                    sql.Identifier(table), name
                )
            )


def append_only() -> list[str]:
    """The tables that only grow."""
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if any(isinstance(one, AppendOnly) for one in getattr(model._meta, "triggers", []))
    )


def might() -> str:
    """What the role of this connection could do to triggers, in words; empty when nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_MIGHT, {"role": None})
        [words] = cursor.fetchone()
    return str(words)


_GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
)
_MIGHT = """
    SELECT CASE WHEN rolsuper THEN 'a superuser'
        WHEN EXISTS (SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname = 'public' AND relkind IN ('r', 'p')
                AND pg_has_role(pg_roles.oid, relowner, 'MEMBER')) THEN 'the owner of tables'
        ELSE '' END
    FROM pg_roles WHERE rolname = coalesce(%(role)s, current_user)
"""


def _checked(role: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", role) or role.startswith("pg_"):
        raise NotSuch(
            f"Role: found {role[:63]!r}, expected small letters, digits and _, such as shop_web."
        )
    return role


def _refuse_mighty(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_MIGHT, {"role": role})
        [found] = cursor.fetchone()
    if found:
        raise NotSuch(f"Role {role}: is {found}, expected one that is not; name another.")
