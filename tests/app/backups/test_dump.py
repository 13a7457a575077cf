"""backups.dump: of one moment, whole or not there, readable by its owner alone."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backups import dump
from backups.dump import Backup, back_up, read_backup
from backups.programs import NoBackup

HELD = {"format": 1, "tables": {"orders_order": {"rows": 1, "digest": "5"}}}


class Database:
    """Hears what it is asked, in order, and hands out one snapshot; pg_dump only pretends."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails = False
        self.connection = SimpleNamespace(cursor=self.cursor)
        self.transaction = SimpleNamespace(atomic=self.atomic)

    @contextmanager
    def atomic(self) -> Iterator[None]:
        self.asked.append("begin")
        yield
        self.asked.append("end")

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        yield SimpleNamespace(execute=self.asked.append, fetchone=lambda: ("0003-1",))

    def contents(self) -> dict[str, Any]:
        self.asked.append("contents")
        return HELD

    def call(self, name: str, *options: str, database: str) -> None:
        *others, file = options
        assert (name, others[0], others[-1]) == ("pg_dump", "--format=custom", "--snapshot=0003-1")
        assert others[1:-1] == ["--no-owner", "--no-privileges"]
        assert database == "dbname=shop"
        self.asked.append(name)
        spare = Path(file.removeprefix("--file="))
        assert [*spare.parent.iterdir()] == [spare]
        assert spare.name.startswith(".")
        assert stat.S_IMODE(spare.stat().st_mode) == 0o600
        spare.write_bytes(b"PGDMP")
        if self.fails:
            raise NoBackup("pg_dump: failed with code 1: it said nothing")


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    made = Database()
    for name in ("connection", "transaction", "contents", "call"):
        monkeypatch.setattr(dump, name, getattr(made, name))
    monkeypatch.setattr(dump, "address", lambda: "dbname=shop")
    return made


def test_dump_and_description_are_of_one_snapshot(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    made = back_up(tmp_path / "shop.dump", now=now)

    assert database.asked == [
        "begin",
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
        "SELECT pg_export_snapshot()",
        "contents",
        "pg_dump",
        "end",
    ]
    assert made == Backup(tmp_path / "shop.dump", now, HELD)
    assert read_backup(made.file) == made
    assert sorted(file.name for file in tmp_path.iterdir()) == ["shop.dump", "shop.dump.json"]
    assert made.file.read_bytes() == b"PGDMP"
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600


def test_dump_that_fails_leaves_nothing_behind(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    database.fails = True
    with pytest.raises(NoBackup, match="failed with code 1"):
        back_up(tmp_path / "shop.dump", now=now)
    assert [*tmp_path.iterdir()] == []


def test_file_that_somebody_put_in_the_way_is_not_written_to(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    """Its mode is somebody else's choice, and it may be a link to elsewhere."""
    (tmp_path / "elsewhere").write_text("", encoding="utf-8")
    (tmp_path / f".shop.dump.{os.getpid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        back_up(tmp_path / "shop.dump", now=now)
    assert "pg_dump" not in database.asked
    assert (tmp_path / "elsewhere").read_bytes() == b""


def test_backup_never_overwrites(database: Database, tmp_path: Path, now: datetime) -> None:
    (tmp_path / "shop.dump").write_text("older", encoding="utf-8")

    with pytest.raises(NoBackup, match=r"shop\.dump: exists already; a backup never overwrites"):
        back_up(tmp_path / "shop.dump", now=now)
    with pytest.raises(NoBackup, match="no such folder; make it first"):
        back_up(tmp_path / "none" / "shop.dump", now=now)
    assert (tmp_path / "shop.dump").read_text("utf-8") == "older"
    assert database.asked == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "Expecting property name"),
        ("{}", "'held'"),
        (json.dumps({"taken_at": "soon", "held": HELD}), "soon"),
        (
            json.dumps({"taken_at": "2026-03-01T02:00:00+00:00", "held": {"format": 2}}),
            "format 2, 1 expected",
        ),
    ],
)
def test_description_that_cannot_be_read_says_why(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "shop.dump").write_bytes(b"PGDMP")
    (tmp_path / "shop.dump.json").write_text(text, encoding="utf-8")
    with pytest.raises(NoBackup, match=rf"shop\.dump\.json: cannot be read \(.*{why}"):
        read_backup(tmp_path / "shop.dump")
