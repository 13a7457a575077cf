"""falsify.mutation: a claim's mutants on the files as they are, after one run of what it cites."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evidence.engine.falsify import mutation
from evidence.engine.falsify.mutation import try_live
from evidence.engine.mistakes import CannotRun, Place
from evidence.engine.project import Project
from evidence.engine.register.model import Area, Claim, Gate, Link, Register
from evidence.engine.run.listener import Silent
from evidence.engine.run.model import GateRun, GateStatus, Run, Tree

PLACE = Place("claims/till.yml", 1)
TREE = Tree("a" * 40, True, 0, "f")
RESULTS = Path("staged")
RAN = GateRun("tests", GateStatus.PASSED, "", 0, (), "", "", 1.0, tests="t", coverage="c")
CLAIM = Claim(
    "TILL-01", "Till", "It adds.", PLACE, tests=(Link("tests/test_a.py::test_it", PLACE),)
)
REGISTER = Register(
    areas=(Area("Till", "", "till.yml", (CLAIM,)),),
    gates=(Gate("tests", "They pass.", PLACE, pytest=("tests",)),),
)


class Steps(Silent):
    """What was done, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, ran: GateRun) -> None:
        self.done: list[object] = []
        self._ran = ran
        monkeypatch.setattr(mutation, "read_tree", lambda project: TREE)
        monkeypatch.setattr(mutation, "_opened", self._opened)
        monkeypatch.setattr(mutation, "Versions", lambda bench: None)
        monkeypatch.setattr(mutation, "run_gate", self._run_gate)
        monkeypatch.setattr(mutation, "break_code", self._break_code)

    def gate_ended(self, gate: Gate, run: GateRun) -> None:
        self.done.append(("ended", gate.id, run))

    def look(self, run: Run, results: Path) -> None:
        self.done.append(("looked", run.tree, run.gates, results))

    def asked(self) -> Any:
        project = cast(Project, SimpleNamespace(root=Path()))
        return try_live(project, REGISTER, [CLAIM], self, look=self.look)

    @contextmanager
    def _opened(self, project: object, register: object, tree: Tree) -> Iterator[Any]:
        assert tree is TREE
        yield SimpleNamespace(results=RESULTS), None
        self.done.append("closed")

    def _run_gate(self, gate: Gate, **_: object) -> GateRun:
        self.done.append(("ran", gate.pytest))
        return self._ran

    def _break_code(self, register: object, claims: object, runs: object, **told: Any) -> str:
        self.done.append(("broke", claims, runs, told["results"], told["per_claim"]))
        return "what came of it"


def test_what_is_cited_runs_once_and_is_looked_at_before_anything_is_broken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps = Steps(monkeypatch, RAN)
    assert steps.asked() == "what came of it"
    assert steps.done == [
        ("ran", ("tests/test_a.py::test_it",)),
        ("ended", "tests", RAN),
        ("looked", TREE, (RAN,), RESULTS),
        ("broke", [CLAIM], [RAN], RESULTS, 0),
        "closed",
    ]


@pytest.mark.parametrize(
    ("status", "tests", "coverage", "why", "told"),
    [
        (GateStatus.NOT_RUN, "t", "c", "no PostgreSQL here", "no PostgreSQL here"),
        (GateStatus.FAILED, "", "c", "", "nothing was recorded of it"),
        (GateStatus.PASSED, "t", "", "", "nothing was recorded of it"),
    ],
)
def test_tests_that_cannot_run_are_told_and_nothing_is_broken(
    monkeypatch: pytest.MonkeyPatch,
    status: GateStatus,
    tests: str,
    coverage: str,
    why: str,
    told: str,
) -> None:
    ran = GateRun("tests", status, why, 0, (), "", "", 1.0, tests=tests, coverage=coverage)
    steps = Steps(monkeypatch, ran)
    with pytest.raises(CannotRun, match=f"^gate tests: {told}$"):
        steps.asked()
    assert [step[0] for step in steps.done] == ["ran", "ended"]
