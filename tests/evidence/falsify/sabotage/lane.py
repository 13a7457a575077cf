"""A copy of a project in which gates only pretend to run: each answers as a test tells it to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from evidence.engine.falsify.sabotage.clone import Clone
from evidence.engine.falsify.sabotage.trial import Lane
from evidence.engine.mistakes import Place
from evidence.engine.register.model import Area, Claim, Gate, Link, Patch, Register
from evidence.engine.run.bench import Bench
from evidence.engine.run.log import RULE
from evidence.engine.run.model import GateRun, GateStatus, Run, Tree
from evidence.engine.run.tools import Python

PLACE = Place("evidence/sabotage/adds-one.patch")
TEST = "tests/test_till.py::test_adds"
PASSED, FAILED, NOT_RUN = GateStatus.PASSED, GateStatus.FAILED, GateStatus.NOT_RUN

GATES = (
    Gate("tests", "They pass.", PLACE, pytest=("tests",)),
    Gate("imports", "It can be imported.", PLACE, run=("look",)),
)
CLAIM = Claim("TILL-01", "Till", "It adds.", PLACE, tests=(Link(TEST, PLACE),))
PATCH = Patch("adds-one", PLACE, "TILL-01", False, "It adds one.", "-1\n+2\n")
CONTROL = Patch("no-import", PLACE, "imports", True, "It is gone.", "-3\n", expect="gone")


def ran(status: GateStatus, why: str = "", id: str = "imports", log: str = "") -> GateRun:
    return GateRun(id, status, why, None, (), log, "", 0.0)


@dataclass
class Pretended:
    """`answers` are asked in turn for how each gate that is run ends; `did` holds what was done."""

    root: Path
    answers: list[GateStatus]
    runs: tuple[GateRun, ...] = (ran(PASSED, log="clean.log"),)
    did: list[str] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    broken: Callable[[str], None] = lambda diff: None
    opened: Callable[[], None] = lambda: None
    env: tuple[tuple[str, str], ...] = ()

    def lane(self) -> Lane:
        clone = SimpleNamespace(
            top=self.root, break_=self._break, mend=lambda: self.did.append("mended")
        )
        bench = SimpleNamespace(
            project=SimpleNamespace(root=self.root, env=self.env, pass_env=()),
            python=Python("python", "", None),
            results=self.root,
            scratch=self.root / "out",
        )
        (self.root / "out" / "a gate").mkdir(parents=True, exist_ok=True)
        (self.root / ".git").mkdir(exist_ok=True)
        (self.root / "clean.log").write_text(f"{RULE}\nall is well\n", "utf-8")
        nothing: Any = None
        return Lane(
            clone=cast(Clone, clone),
            bench=cast(Bench, bench),
            register=Register(areas=(Area("Till", "", "till.yml", (CLAIM,)),), gates=GATES),
            run=Run(Tree("c" * 40, False, 0, ""), self.runs, {}, "", 0.0, {}),
            clean_logs=self.root,
            services=nothing,
            versions=nothing,
            files=("page.md", "other.md"),
        )

    def run_gate(self, gate: Gate, **_: object) -> GateRun:
        """Leaves a log, and a report of the one test there is."""
        self.did.append(f"ran {gate.id}")
        self.gates.append(gate)
        self.opened()
        status = self.answers.pop(0)
        call = {"outcome": "passed" if status is PASSED else "failed"}
        call |= {"crash": {"message": "assert 1 == 2"}}
        call |= {"traceback": [{"path": "tests/test_till.py", "message": "AssertionError"}]}
        test = {"nodeid": TEST, "outcome": call["outcome"], "call": call}
        (self.root / gate.id).mkdir(exist_ok=True)
        (self.root / gate.id / "pytest.json").write_text(json.dumps({"tests": [test]}), "utf-8")
        said = "all is well" if status is PASSED else "it is gone"
        (self.root / f"{gate.id}.log").write_text(f"{RULE}\n{said}\n", "utf-8")
        return ran(status, f"it ended as {status}", gate.id, f"{gate.id}.log")

    def _break(self, diff: str) -> None:
        self.broken(diff)
        self.did.append(f"broke {diff}")
