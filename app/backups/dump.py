"""A backup is two files: what pg_dump wrote, and beside it what the database held just then."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from backups.contents import FORMAT, contents
from backups.programs import NO_ROLES, NoBackup, call
from core.moments import NotAMoment, parse_moment


@dataclass(frozen=True)
class Backup:
    """A backup on disk: the dump, when it was taken, and what the database held then."""

    file: Path
    taken_at: datetime
    held: dict[str, Any]


def back_up(file: Path, *, now: datetime) -> Backup:
    """Dump the database in use into `file`, whole or not at all, readable by its owner alone.

    The dump and its description are of one snapshot, so a shop may go on selling meanwhile.
    Raises NoBackup when the file exists already or pg_dump fails.
    """
    if file.exists():
        raise NoBackup(f"{file.name}: exists already; a backup never overwrites, name another file")
    if not file.parent.is_dir():
        raise NoBackup(f"{file.parent}: no such folder; make it first")
    spare = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone() or ("",)
            held = contents()
            os.close(os.open(spare, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            options = ("--format=custom", *NO_ROLES, f"--snapshot={snapshot}")
            call("pg_dump", *options, f"--file={spare}", database=address())
        backup = Backup(file, now, held)
        _describe(backup)
        spare.replace(file)
    finally:
        spare.unlink(missing_ok=True)
    return backup


def read_backup(file: Path) -> Backup:
    """A backup as it was taken. Raises NoBackup when one of its two files cannot be read."""
    if not file.is_file():
        raise NoBackup(f"{file.name}: no such backup; make one with: backup FILE")
    about = _about(file)
    try:
        told = json.loads(about.read_text("utf-8"))
        held, taken_at = told["held"], parse_moment(told["taken_at"], option="taken_at")
        if held["format"] != FORMAT:
            raise ValueError(f"format {held['format']}, {FORMAT} expected")
    except FileNotFoundError as error:
        raise NoBackup(
            f"{about.name}: not beside the dump; without it nothing can be compared"
        ) from error
    except (ValueError, KeyError, TypeError, NotAMoment) as error:
        raise NoBackup(
            f"{about.name}: cannot be read ({error}); take the one of this dump"
        ) from error
    return Backup(file, taken_at, held)


def address() -> str:
    """The database in use, as libpq writes it."""
    info = connection.connection.info
    return make_conninfo(info.dsn, password=info.password or None)


def _describe(backup: Backup) -> None:
    told = {"taken_at": backup.taken_at.isoformat(), "held": backup.held}
    text = json.dumps(told, indent=1, sort_keys=True)
    _about(backup.file).write_text(f"{text}\n", encoding="utf-8")


def _about(file: Path) -> Path:
    return file.with_name(f"{file.name}.json")
