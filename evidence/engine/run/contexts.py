"""Coverage's own database, in which each line stands beside the test that ran it.

Lines are whole numbers whose bit N stands for line N, which is coverage's "numbits" encoding read
as one little-endian integer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

CALL = "run"
PHASES = frozenset({CALL, "setup", "teardown"})


def open_recording(file: Path) -> sqlite3.Connection:
    """Read-only and immutable: a recorded result is never written, nor given a journal."""
    return sqlite3.connect(f"file:{quote(str(file))}?mode=ro&immutable=1", uri=True)


def rows_of(database: sqlite3.Connection, file_id: int) -> Iterator[tuple[int, int]]:
    """(context, lines) of one file. With branches measured, coverage keeps arcs between lines
    instead of lines; negative ends mean entering or leaving a function."""
    for context_id, numbits in database.execute(
        "select context_id, numbits from line_bits where file_id = ?", (file_id,)
    ):
        yield context_id, int.from_bytes(numbits, "little")
    for context_id, start, end in database.execute(
        "select context_id, fromno, tono from arc where file_id = ?", (file_id,)
    ):
        yield context_id, mask_of(line for line in (start, end) if line > 0)


def mask_of(lines: Iterable[int]) -> int:
    mask = 0
    for line in lines:
        mask |= 1 << line
    return mask


def without_case(node: str) -> str:
    """The test that a node id is a case of: `a.py::T::test[x::y]` is a case of `a.py::T::test`."""
    path, separator, name = node.partition("::")
    return path + separator + name.partition("[")[0]
