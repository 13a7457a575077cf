"""monitoring.drills: each restore drill is on record once, audited, and never rewritten."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, OperationalError, transaction

from audit.models import Entry
from core.actor import system
from monitoring.drills import CannotRecord, record
from monitoring.models import DrillOutcome, RestoreDrill

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def drill(now: datetime, **changes: Any) -> RestoreDrill:
    given: dict[str, Any] = {
        "backup_taken_at": now - DAY,
        "performed_at": now,
        "outcome": DrillOutcome.SUCCEEDED,
        "note": "all sums agree",
        "by": system("command:record_restore_drill"),
        "now": now,
    }
    return record(**given | changes)


def test_a_drill_is_on_record_and_audited_once(now: datetime) -> None:
    first, again = drill(now), drill(now)
    assert first == again
    assert str(first) == "Restore drill of 2026-03-02: succeeded"
    [entry] = Entry.objects.filter(action="restore-drill")
    assert (entry.subject, entry.result, entry.reason) == (
        f"restore-drill:{first.pk}",
        "done",
        "all sums agree",
    )


def test_a_drill_that_failed_is_audited_as_failed(now: datetime) -> None:
    drill(now, outcome=DrillOutcome.FAILED, note="the dump was cut off")
    assert Entry.objects.get(action="restore-drill").result == "failed"


def test_the_shortest_note_and_a_backup_that_was_restored_at_once_will_do(now: datetime) -> None:
    assert drill(now, note=" x ", backup_taken_at=now).note == "x"
    assert drill(now, note="x" * 300).note == "x" * 300


def test_no_drill_is_on_record_without_an_entry(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**told: object) -> None:
        raise OperationalError("the disk is full")

    monkeypatch.setattr("monitoring.drills.audit.record", broken)
    with pytest.raises(OperationalError):
        drill(now)
    assert not RestoreDrill.objects.exists()


def test_a_drill_is_never_rewritten(now: datetime) -> None:
    drill(now, outcome=DrillOutcome.FAILED, note="cut off")
    with pytest.raises(CannotRecord, match="on record as failed"):
        drill(now)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        RestoreDrill.objects.update(outcome="succeeded")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"performed_at": timedelta(seconds=1)}, "neither in the future"),
        ({"backup_taken_at": timedelta(seconds=1)}, "expected the backup first"),
        ({"note": "  "}, "a note of 0 characters, expected 1 to 300"),
        ({"note": "x" * 301}, "a note of 301 characters, expected 1 to 300"),
    ],
)
def test_a_drill_that_cannot_be_is_refused(
    now: datetime, changes: dict[str, Any], sentence: str
) -> None:
    moved = {
        name: now + value if isinstance(value, timedelta) else value
        for name, value in changes.items()
    }
    with pytest.raises(CannotRecord, match=sentence):
        drill(now, **moved)
    assert not RestoreDrill.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"outcome": "perhaps"}, "drill_outcome_is_known"),
        ({"backup_taken_at": "2027-01-01T00:00Z"}, "drill_after_its_backup"),
        ({}, "drill_recorded_once"),
    ],
)
def test_postgresql_refuses_a_drill_that_cannot_be(
    now: datetime, wrong: dict[str, Any], rule: str
) -> None:
    drill(now)
    given = {"performed_at": now, "backup_taken_at": now - DAY, "outcome": "failed", "note": "x"}
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        RestoreDrill.objects.create(**given | wrong)


def test_the_command_records_it_and_says_so() -> None:
    out = StringIO()
    call_command(
        "record_restore_drill",
        "--backup=2026-03-01",
        "--performed=2026-03-02T09:30",
        "--outcome=succeeded",
        "--note=1,204 orders, all sums agree",
        stdout=out,
    )
    assert out.getvalue() == "restore drill  2026-03-02 09:30 succeeded\n"
    assert RestoreDrill.objects.get().note == "1,204 orders, all sums agree"


@pytest.mark.parametrize(
    ("backup", "sentence"),
    [("soon", "--backup: found 'soon'"), ("2999-01-01", "neither in the future")],
)
def test_the_command_refuses_in_a_sentence(backup: str, sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command(
            "record_restore_drill", f"--backup={backup}", "--outcome=failed", "--note=lost"
        )
