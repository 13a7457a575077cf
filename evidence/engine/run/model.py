"""What one run found, as recorded. Judge and publish read these, whoever ran the gates."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class GateStatus(StrEnum):
    """How a gate ended. Not run is never passed."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class GateRun:
    """One execution of one gate.

    `why` is a sentence when the gate did not pass (deadline, exit code, missing tool, no test ran).
    `log` is the path of the cleaned UTF-8 log relative to the results folder, `sha256` its digest.
    `argv` is cleaned like the log. `failures` are lines for people: the first failed tests, each
    as `file:line  test` with its message below, or the end of the log. `elapsed_s` is volatile: it
    never reaches the identical set. So is `printed`, the path of what a gate printed as it came,
    where its log holds something else: the cases of tests by name, or names of what varies.
    """

    id: str
    status: GateStatus
    why: str
    exit_code: int | None
    argv: tuple[str, ...]
    log: str
    sha256: str
    elapsed_s: float
    tests: str = ""
    coverage: str = ""
    artifacts: tuple[str, ...] = ()
    reused_from: str | None = None
    failures: tuple[str, ...] = ()
    printed: str = ""


@dataclass(frozen=True)
class Tree:
    """The state of the project's files that a run saw.

    `fingerprint` is a digest over every tracked or untracked, not ignored file except people's
    pages, so results of one tree are never shown as another's. `committed_at` is in Unix seconds.
    """

    commit: str
    dirty: bool
    committed_at: int
    fingerprint: str


@dataclass(frozen=True)
class Run:
    """All gates of one run over one tree, in the register's order, with the facts it read.

    `tree` is what the run saw at its start; `changed` lists files that differed at its end, so
    that a run over moving files cannot pass for a run over either state (`dirty` is then set).
    """

    tree: Tree
    gates: tuple[GateRun, ...]
    facts: dict[str, object]
    started_at: str
    elapsed_s: float
    host: dict[str, str]
    changed: tuple[str, ...] = ()

    def gate(self, gate_id: str) -> GateRun | None:
        return next((gate for gate in self.gates if gate.id == gate_id), None)


def unrecorded(tree: Tree) -> Run:
    """No run at all yet, over this tree."""
    return Run(tree=tree, gates=(), facts={}, started_at="", elapsed_s=0.0, host={})
