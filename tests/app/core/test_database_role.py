"""core.database_role: the shop works as a role that owns nothing, and that role cannot step around
what the database holds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from psycopg.errors import InsufficientPrivilege

from audit.models import Entry
from audit.services import verify_chain
from core import database_role
from monitoring.models import Issue
from monitoring.services import run_checks
from payments.services import fulfil
from refunds import services as refunds

pytestmark = pytest.mark.django_db
# Roles belong to the whole server; this one goes with the test's transaction.
ROLE = f"purelaka_web_{os.getpid()}"


@contextmanager
def _as_the_role() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
        yield
        cursor.execute("RESET ROLE")


def test_a_shop_at_work_needs_no_more(shop: Any, olly_ops: Any) -> None:
    database_role.make(role=ROLE)
    with _as_the_role():
        order = shop.paid_order()
        olly = shop.actor(olly_ops)
        refunds.issue(order=order, asked_pennies=100, reason="chipped", by=olly, now=shop.now)
        fulfil(order=order, by=olly, reason="packed", now=shop.now)
        client = Client()
        client.login(username="olly_ops", password="correct horse battery")
        assert client.get(reverse("orders:staff-list")).status_code == 200
        assert Client().get("/readyz").status_code == 200
        call_command("take_snapshots", "--date", f"{shop.now - timedelta(days=1):%Y-%m-%d}")
        call_command("apply_retention", stdout=StringIO())
        assert [run.error for run in run_checks(now=shop.now) if run.error] == []
    assert verify_chain() is None
    order.refresh_from_db()
    assert (order.status, order.refunded_pennies) == ("fulfilled", 100)


STEPS_AROUND = {
    "disable a trigger": "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    "disable one of its rules": "ALTER TABLE orders_order DISABLE TRIGGER USER",
    "replicate past the triggers": "SET session_replication_role = replica",
    "drop a trigger": "DROP TRIGGER {trigger} ON audit_entry",
    "write the trigger's function anew": (
        "CREATE OR REPLACE FUNCTION {trigger}() RETURNS TRIGGER AS "
        "$$ BEGIN RETURN NULL; END $$ LANGUAGE plpgsql"
    ),
    "change an entry": "UPDATE audit_entry SET reason = 'nothing happened'",
    "delete an entry": "DELETE FROM audit_entry",
    "truncate": "TRUNCATE audit_entry",
    "drop the table": "DROP TABLE audit_entry CASCADE",
    "drop a constraint": "ALTER TABLE payments_payment DROP CONSTRAINT payment_status_is_known",
    "change the ledger": "UPDATE subscriptions_mrrchange SET after_pennies = 0",
    "change an order's history": "UPDATE orders_ordertransition SET reason = 'x'",
    "say that a migration ran": "DELETE FROM django_migrations",
    "make a table": "CREATE TABLE public.mine (id int)",
    "become the owner": "SET ROLE {owner}",
    "make a role": "CREATE ROLE purelaka_other SUPERUSER",
}


@pytest.mark.parametrize("statement", STEPS_AROUND.values(), ids=STEPS_AROUND.keys())
def test_the_role_cannot_step_around_the_rules(statement: str) -> None:
    database_role.make(role=ROLE)
    [trigger] = Entry._meta.triggers  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        # As a server for real has it since PostgreSQL 15; a superuser may set any role.
        cursor.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        cursor.execute("SELECT current_user")
        [owner] = cursor.fetchone()
        cursor.execute(f"SET LOCAL SESSION AUTHORIZATION {ROLE}")
        asked = statement.format(trigger=trigger.get_pgid(Entry), owner=owner)
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            cursor.execute(asked)
        assert isinstance(refused.value.__cause__, InsufficientPrivilege)
        cursor.execute("RESET SESSION AUTHORIZATION")


def test_what_the_role_adds_is_still_held(refused: Any) -> None:
    database_role.make(role=ROLE)
    with _as_the_role():
        said = refused(
            "INSERT INTO catalog_product (name, slug, description, price_pennies, currency,"
            " is_on_sale) VALUES ('x', 'x', '', 0, 'GBP', true)"
        )
    assert "product_price_is_positive" in said


def test_every_table_that_only_grows_is_known() -> None:
    assert {"audit_entry", "orders_ordertransition", "subscriptions_mrrchange"} <= set(
        database_role.append_only()
    )


def test_the_command_makes_it_and_a_second_run_changes_nothing() -> None:
    out = StringIO()
    for _ in range(2):
        call_command("app_role", ROLE, stdout=out)
    assert out.getvalue() == 2 * (
        f"role  {ROLE} reads and writes rows and owns nothing\n"
        f"  {len(database_role.append_only())} tables it can only add to\n"
        f"  next: give it a password in psql (\\password {ROLE}), name it in DATABASE_URL\n"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = %s", [ROLE]
        )
        assert cursor.fetchone() == (False, False, False)


@pytest.mark.parametrize("name", ["", "Web", "x; DROP TABLE y", "a" * 64, "pg_monitor", "r\x00"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(CommandError, match="expected small letters, digits and _, such as"):
        call_command("app_role", name)


def test_the_owner_and_a_superuser_are_refused() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        [owner] = cursor.fetchone()
        cursor.execute(f"CREATE ROLE {ROLE}_heir LOGIN")
        cursor.execute(f"GRANT {owner} TO {ROLE}_heir")
    with pytest.raises(CommandError, match=f"Role {owner}: is (a superuser|the owner of tables)"):
        call_command("app_role", owner)
    with pytest.raises(CommandError, match=f"Role {ROLE}_heir: is the owner of tables"):
        call_command("app_role", f"{ROLE}_heir")


def test_a_shop_that_runs_as_the_owner_opens_an_issue(settings: Any, now: Any) -> None:
    database_role.make(role=ROLE)

    def unresolved() -> list[tuple[str, str, int]]:
        run_checks(now=now, only=["runs-as-owner"])
        return list(
            Issue.objects.exclude(status="resolved").values_list(
                "subject", "expected", "times_opened"
            )
        )

    assert unresolved() == []
    settings.SHOP_IS_DEMO = False
    for times in (1, 2):
        assert unresolved() == [("database-role", "a role that owns nothing", times)]
        with _as_the_role():
            assert unresolved() == []
