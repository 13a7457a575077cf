"""An export on its way out: the bytes, and the audit of how it ended, whichever way that is."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Generator, Iterator
from datetime import datetime

from django.db import connection, transaction

from audit import services as audit
from audit.actions import Action, Result
from core.actor import Actor
from exports.statement import Chosen, Statement, compose
from exports.tables import Table

# A reader may be slow, but does not hold a connection and its snapshot for ever.
LONGEST_S = 600
CHUNK_BYTES = 64 * 1024
log = logging.getLogger(__name__)


class Stream:
    """An iterator over the file's bytes for a streaming response. Its memory does not grow with
    the file.

    That it began is audited before the first row leaves, so that even a process that is killed
    leaves a trace; rows, bytes and SHA-256 of what was handed to the web server are audited when
    it ends: done, failed, or aborted when the reader went away and the response was closed.
    """

    def __init__(
        self, *, table: Table, chosen: Chosen, by: Actor, clock: Callable[[], datetime]
    ) -> None:
        self._table, self._chosen, self._by, self._clock = table, chosen, by, clock
        self._sha256 = hashlib.sha256()
        self._bytes = self._rows = 0
        self._ended = False
        self._record(Action.EXPORT_STARTED, Result.DONE, {})
        self._chunks = self._read(compose(table, chosen))

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            chunk = next(self._chunks)
        except StopIteration:
            self._end(Result.DONE)
            raise
        except Exception as error:
            log.exception("Export of %s failed", self._table.name)
            self._end(Result.FAILED, reason=type(error).__name__)
            raise
        self._sha256.update(chunk)
        self._bytes += len(chunk)
        return chunk

    def close(self) -> None:
        """Stop the query and let go of its transaction. Called when the response is closed."""
        self._chunks.close()
        self._end(Result.ABORTED, reason="the reader went away")

    def _read(self, statement: Statement) -> Generator[bytes]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{LONGEST_S}s"])
            held: list[bytes] = []
            size, lines = 0, -1
            with cursor.copy(cursor.mogrify(statement.sql, statement.parameters)) as rows:
                for row in rows:
                    held.append(bytes(row))
                    size += len(row)
                    lines += 1
                    if size >= CHUNK_BYTES:
                        self._rows = lines
                        yield b"".join(held)
                        held, size = [], 0
            self._rows = lines
            yield b"".join(held)

    def _end(self, result: Result, *, reason: str = "") -> None:
        if self._ended:
            return
        self._ended = True
        found: dict[str, object] = {
            "rows": self._rows,
            "bytes": self._bytes,
            "sha256": self._sha256.hexdigest(),
        }
        self._record(Action.EXPORTED, result, found, reason=reason)

    def _record(
        self, action: Action, result: Result, found: dict[str, object], *, reason: str = ""
    ) -> None:
        audit.record(
            actor=self._by,
            action=action,
            subject=f"export:{self._table.name}",
            result=result,
            reason=reason,
            details={"filter": self._chosen.told(), **found},
            now=self._clock(),
        )
