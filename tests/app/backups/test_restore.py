"""backups.restore: into an empty database and no other, and compared afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from backups import restore
from backups.contents import _RULES
from backups.dump import Backup, _describe
from backups.programs import NoBackup

NOTHING: dict[str, Any] = {"format": 1, "tables": {}, **{kind: {} for kind in _RULES}}
HELD = {**NOTHING, "tables": {"orders_order": {"rows": 1200, "digest": "5"}}}


@pytest.fixture
def backup(tmp_path: Path) -> Backup:
    """One on disk, as far as its description goes."""
    made = Backup(tmp_path / "shop.dump", datetime(2026, 3, 1, 2, tzinfo=UTC), HELD)
    made.file.write_bytes(b"PGDMP")
    _describe(made)
    return made


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What pg_restore was called with; nothing is restored."""
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(restore, "call", lambda *words, database: calls.append((*words, database)))
    monkeypatch.setattr(restore, "address", lambda: "dbname=again")
    return calls


def _holding(monkeypatch: pytest.MonkeyPatch, *found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The database in use holds these, one after the other."""
    answers = iter(found)
    monkeypatch.setattr(restore, "contents", lambda: next(answers))
    return answers


def test_database_that_holds_something_is_left_as_it_is(
    db: None, backup: Backup, called: list[Any]
) -> None:
    with pytest.raises(
        NoBackup, match=r"^[0-9]+ tables are there already, expected an empty database; a restore "
    ):
        restore.restore_here(backup)
    with pytest.raises(CommandError, match=r"^restore: [0-9]+ tables are there already"):
        call_command("restore", str(backup.file))
    assert called == []


def test_empty_database_is_restored_and_then_compared(
    backup: Backup, called: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    left = _holding(monkeypatch, NOTHING, HELD, NOTHING, NOTHING)
    assert restore.restore_here(backup) == []
    assert called == [
        (
            *("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error"),
            *("--single-transaction", "--dbname=again", str(backup.file), "dbname=again"),
        )
    ]
    assert restore.restore_here(backup) == ["table orders_order: missing"]
    assert list(left) == []


def test_command_says_that_it_is_the_same(
    backup: Backup, called: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    _holding(monkeypatch, NOTHING, HELD)
    out = StringIO()
    call_command("restore", str(backup.file), stdout=out)
    assert out.getvalue() == (
        "restored  shop.dump, of 2026-03-01 02:00 UTC\n"
        "compared  1 tables, 1,200 rows, 0 constraints, 0 indexes, 0 triggers, 0 functions, "
        "0 sequences: the same\n"
    )


def test_command_names_every_difference(
    backup: Backup, called: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    _holding(monkeypatch, NOTHING, NOTHING)
    out = StringIO()
    with pytest.raises(CommandError, match=r"^restore: 1 differences; do not open the shop on it"):
        call_command("restore", str(backup.file), stdout=out)
    assert out.getvalue().splitlines()[1:] == ["wrong     table orders_order: missing"]
