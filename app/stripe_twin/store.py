"""Everything the twin knows, in memory under one lock; kept in a SQLite file when given one."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class Unreadable(ValueError):
    """The state file is there but holds no twin's state."""


class Store:
    """Objects by kind and id, oldest first. Whoever reads or writes them holds `change()`."""

    def __init__(self, path: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self._kinds: dict[str, dict[str, Json]] = {}
        self._dirty: dict[tuple[str, str], None] = {}  # in order: it becomes the file's order
        self._depth = 0
        self._file = _open(path) if path else None
        if self._file:
            self._load(self._file)

    @contextmanager
    def change(self) -> Iterator[None]:
        """Hold the lock; on the way out write what changed and wake those who wait."""
        with self.lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if not self._depth:
                    self._flush()
                    self.changed.notify_all()

    def put(self, kind: str, obj: Json) -> Json:
        """Remember `obj` under its own id; call again after changing it."""
        self._kinds.setdefault(kind, {})[obj["id"]] = obj
        self._dirty[kind, obj["id"]] = None
        return obj

    def get(self, kind: str, object_id: str) -> Json | None:
        return self._kinds.get(kind, {}).get(object_id)

    def all(self, kind: str) -> list[Json]:
        return list(self._kinds.get(kind, {}).values())

    def remove(self, kind: str, object_id: str) -> None:
        self._kinds.get(kind, {}).pop(object_id, None)
        self._dirty[kind, object_id] = None

    def counts(self) -> dict[str, int]:
        return {kind: len(rows) for kind, rows in sorted(self._kinds.items())}

    def clear(self) -> None:
        self._kinds.clear()
        self._dirty.clear()
        if self._file:
            with self._file:
                self._file.execute("DELETE FROM object")

    def close(self) -> None:
        with self.lock:
            if self._file:
                self._file.close()
                self._file = None

    def _load(self, file: sqlite3.Connection) -> None:
        for kind, object_id, body in file.execute("SELECT kind, id, body FROM object ORDER BY seq"):
            self._kinds.setdefault(kind, {})[object_id] = json.loads(body)

    def _flush(self) -> None:
        dirty, self._dirty = list(self._dirty), {}
        if not self._file or not dirty:
            return
        with self._file:
            for kind, object_id in dirty:
                obj = self.get(kind, object_id)
                if obj is None:
                    self._file.execute(
                        "DELETE FROM object WHERE kind=? AND id=?", (kind, object_id)
                    )
                else:
                    self._file.execute(_UPSERT, (kind, object_id, json.dumps(obj)))


_UPSERT = (
    "INSERT INTO object (kind, id, body) VALUES (?, ?, ?) "
    "ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body"
)


def _open(path: Path) -> sqlite3.Connection:
    file = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = sqlite3.connect(path, check_same_thread=False)
        file.execute("PRAGMA journal_mode=WAL")
        file.execute(
            "CREATE TABLE IF NOT EXISTS object (seq INTEGER PRIMARY KEY AUTOINCREMENT, "
            "kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (kind, id))"
        )
    except (sqlite3.DatabaseError, OSError) as mistake:
        if file is not None:
            file.close()
        raise Unreadable(
            f"state file: found {path} ({mistake}), expected a file this twin wrote or none; "
            "delete it or name another"
        ) from mistake
    return file
