"""The audit table itself: PostgreSQL lets it grow, and nothing else."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import IntegrityError, connection, transaction

from audit import services
from audit.actions import Action, Result
from audit.models import Entry
from core.actor import system

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(now: datetime) -> Entry:
    return services.record(
        actor=system("worker"),
        action=Action.REFUND_ASKED,
        subject="refund:1",
        result=Result.DONE,
        now=now,
    )


@pytest.mark.parametrize(
    ("statement", "operation"),
    [
        ("UPDATE audit_entry SET reason = 'nothing happened'", "UPDATE"),
        ("UPDATE audit_entry SET reason = reason WHERE false", "UPDATE"),
        ("DELETE FROM audit_entry", "DELETE"),
        ("TRUNCATE audit_entry", "TRUNCATE"),
    ],
)
def test_raw_sql_cannot_change_the_record(entry: Entry, statement: str, operation: str) -> None:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        connection.cursor().execute(statement)
    assert str(refused.value).splitlines()[0] == (
        f"audit_entry: append-only, {operation} refused; add a new row instead"
    )
    assert list(Entry.objects.values_list("pk", "reason")) == [(entry.pk, "")]


def test_an_upsert_cannot_change_the_record(entry: Entry) -> None:
    statement = """
        INSERT INTO audit_entry SELECT * FROM audit_entry
        ON CONFLICT (id) DO UPDATE SET reason = 'nothing happened'
    """
    with pytest.raises(IntegrityError, match="append-only, UPDATE refused"), transaction.atomic():
        connection.cursor().execute(statement)


def test_the_orm_cannot_change_the_record(entry: Entry) -> None:
    with pytest.raises(IntegrityError, match="append-only, UPDATE refused"), transaction.atomic():
        entry.save()
    with pytest.raises(IntegrityError, match="append-only, DELETE refused"), transaction.atomic():
        entry.delete()


def test_a_session_cannot_ask_the_triggers_to_look_away(entry: Entry) -> None:
    """Note [Not ignorable]: pgtrigger's own door is closed."""
    [trigger] = Entry._meta.triggers  # type: ignore[attr-defined]
    cursor = connection.cursor()
    cursor.execute(
        "SELECT set_config('pgtrigger.ignore', %s, true)", [f"{{{trigger.get_pgid(Entry)}}}"]
    )
    with pytest.raises(IntegrityError, match="append-only, DELETE refused"), transaction.atomic():
        cursor.execute("DELETE FROM audit_entry")


def test_the_trigger_in_the_code_is_the_one_in_the_database() -> None:
    [trigger] = Entry._meta.triggers  # type: ignore[attr-defined]
    assert trigger.get_installation_status(Entry) == ("INSTALLED", True)


@pytest.mark.parametrize(
    ("column", "constraint"),
    [("action", "entry_action_known"), ("result", "entry_result_known")],
)
def test_an_action_or_result_that_is_none_is_refused(
    entry: Entry, column: str, constraint: str
) -> None:
    other = Entry.objects.get()
    other.pk, other.previous_hash, other.hash = None, entry.hash, "f" * 64
    setattr(other, column, "whatever")
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        other.save(force_insert=True)


def test_two_entries_cannot_follow_the_same_one(entry: Entry) -> None:
    other = Entry.objects.get()
    other.pk, other.hash = None, "f" * 64
    with pytest.raises(IntegrityError, match="previous_hash"), transaction.atomic():
        other.save(force_insert=True)


def test_an_entry_reads_as_one_line(entry: Entry) -> None:
    assert str(entry) == "2026-03-02 12:00:00 system refund-asked refund:1"


def test_no_two_entries_have_the_same_hash(entry: Entry) -> None:
    other = Entry.objects.get()
    other.pk, other.previous_hash = None, "f" * 64
    with pytest.raises(IntegrityError, match="audit_entry_hash"), transaction.atomic():
        other.save(force_insert=True)
