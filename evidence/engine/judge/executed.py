"""Which lines a test ran, read from coverage's own database.

Only cited files and the contexts of cited tests are read, one query a file, so thousands of
claims cost neither memory nor time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from evidence.engine.judge.results import inside
from evidence.engine.run.contexts import (
    CALL,
    PHASES,
    mask_of,
    open_recording,
    rows_of,
    without_case,
)


@dataclass(frozen=True)
class Recording:
    """One gate's coverage database.

    `tests` maps each cited test, by pytest's node id without parameters, to its id in the
    register. They differ when pytest's root folder is not the project's. Parameters are left out
    because the recorded report has them cleaned and coverage has not.
    """

    gate: str
    file: Path
    tests: Mapping[str, str]


@dataclass(frozen=True)
class Wanted:
    """What is asked of one file: its cited body lines, and the tests cited together with it."""

    body: Set[int]
    tests: Set[str]


@dataclass
class Executed:
    """The answer: cited lines by file and test, in the call phase and around it.

    `measured` are the gates whose database could be read, `files` the cited files that any of
    them measured.
    """

    measured: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    _call: dict[tuple[str, str], int] = field(default_factory=dict)
    _around: dict[tuple[str, str], int] = field(default_factory=dict)

    def in_call(self, path: str, test: str) -> frozenset[int]:
        """Lines that the test itself ran."""
        return frozenset(_lines(self._call.get((path, test), 0)))

    def around(self, path: str, test: str) -> frozenset[int]:
        """Lines that its setup or teardown ran."""
        return frozenset(_lines(self._around.get((path, test), 0)))

    def add(self, *, path: str, test: str, phase: str, mask: int) -> None:
        lines = self._call if phase == CALL else self._around
        lines[path, test] = lines.get((path, test), 0) | mask


def read_executed(
    recordings: Sequence[Recording], wanted: Mapping[str, Wanted], root: Path
) -> Executed:
    """Read every recording. One that is missing, is no database or has contexts of another kind
    than `test|phase` is left out of `measured`."""
    executed = Executed()
    masks = {path: mask_of(want.body) for path, want in wanted.items()}
    for recording in recordings:
        try:
            with closing(open_recording(recording.file)) as database:
                if _has_phases(database):
                    _read(database, recording, wanted, masks, root, executed)
                    executed.measured.add(recording.gate)
        except sqlite3.Error:
            continue
    return executed


def _has_phases(database: sqlite3.Connection) -> bool:
    """False when coverage's own dynamic contexts took the place of pytest-cov's."""
    contexts = [name for (name,) in database.execute("select context from context") if name]
    return not contexts or any(name.rpartition("|")[2] in PHASES for name in contexts)


def _read(
    database: sqlite3.Connection,
    recording: Recording,
    wanted: Mapping[str, Wanted],
    masks: Mapping[str, int],
    root: Path,
    executed: Executed,
) -> None:
    contexts = _contexts(database, recording.tests)
    for file_id, written in database.execute("select id, path from file").fetchall():
        path = inside(written.replace("\\", "/"), root)
        if path not in wanted:
            continue
        executed.files.add(path)
        for context_id, mask in rows_of(database, file_id):
            test, phase = contexts.get(context_id, ("", ""))
            if test in wanted[path].tests and mask & masks[path]:
                executed.add(path=path, test=test, phase=phase, mask=mask & masks[path])


def _contexts(database: sqlite3.Connection, tests: Mapping[str, str]) -> dict[int, tuple[str, str]]:
    """The contexts of cited tests by id: which test, and which phase of it."""
    kept = {}
    for context_id, context in database.execute("select id, context from context"):
        node, _, phase = context.rpartition("|")
        test = tests.get(without_case(node))
        if test:
            kept[context_id] = (test, phase)
    return kept


def _lines(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
