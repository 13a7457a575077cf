"""Hand-made recorded results for the stranger's repository, as if its gates had run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest
from coverage import CoverageData

from evidence.engine.judge.model import Judgement, Verdict
from evidence.engine.judge.verdict import judge
from evidence.engine.project import Project, load_project
from evidence.engine.register.model import Register
from evidence.engine.register.reading import read_register
from evidence.engine.run.model import GateRun, GateStatus, Run, Tree
from tests.evidence.conftest import Stranger

FILE = "tests/test_money.py"
TOTAL = f"{FILE}::test_total_adds_up"
CHANGE = f"{FILE}::test_change_is_the_difference"
REFUSED = f"{FILE}::test_too_little_is_refused"
HOLDS = f"{FILE}::TestDrawer::test_holds_what_was_put"
MONEY = "till/money.py"


@dataclass
class Recorded:
    """Results to record for the stranger: who passed, which lines ran, how gates ended.

    `cases` is node id -> outcome, `lines` is context -> lines of till/money.py, `gates` is gate
    id -> (status, why).
    """

    stranger: Stranger
    cases: dict[str, str] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)
    gates: dict[str, tuple[GateStatus, str]] = field(default_factory=dict)
    artifacts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    has_coverage: bool = True

    def line(self, text: str) -> int:
        """The line of till/money.py that reads `text`."""
        lines = self.stranger.read(MONEY).splitlines()
        return next(number for number, line in enumerate(lines, 1) if line.strip() == text)

    @property
    def project(self) -> Project:
        return load_project(self.stranger.root)

    @property
    def register(self) -> Register:
        return read_register(self.project)

    def run(self) -> Run:
        """Write the results where a run would, and return its description."""
        results = self.project.work / "results"
        self._write_tests("tests", self.cases, self.lines)
        found = [
            GateRun(
                id=gate_id,
                status=status,
                why=why,
                exit_code={GateStatus.PASSED: 0, GateStatus.FAILED: 1}.get(status),
                argv=("python",),
                log=f"proof/{gate_id}.log",
                sha256="0" * 64,
                elapsed_s=1.5,
                artifacts=self.artifacts.get(gate_id, ()),
            )
            for gate_id, (status, why) in self.gates.items()
        ]
        return Run(
            tree=Tree(commit="a" * 40, dirty=False, committed_at=0, fingerprint="f"),
            gates=tuple(
                replace(gate, tests=f"{gate.id}/pytest.json", coverage=f"{gate.id}/coverage")
                if (results / gate.id / "pytest.json").is_file()
                else gate
                for gate in found
            ),
            facts={},
            started_at="2026-01-01T00:00:00+00:00",
            elapsed_s=3.0,
            host={},
        )

    def also_ran_in(self, gate: str, cases: Mapping[str, str], message: str = "") -> None:
        """Record a second gate of tests. It has to be in the stranger's gates.yml."""
        self.gates[gate] = (GateStatus.PASSED, "")
        self._write_tests(gate, cases, {}, message)

    def judge(self) -> Judgement:
        return judge(self.project, self.register, self.run())

    def verdict(self, claim: str) -> Verdict:
        return next(each for each in self.judge().verdicts if each.claim.id == claim)

    def _write_tests(
        self,
        gate: str,
        cases: Mapping[str, str],
        lines: Mapping[str, Sequence[int]],
        message: str = "AssertionError: assert 1 == 2",
    ) -> None:
        folder = self.project.work / "results" / gate
        folder.mkdir(parents=True, exist_ok=True)
        items = [_item(node, outcome, message) for node, outcome in cases.items()]
        report = json.dumps({"root": "<repo>", "tests": items})
        (folder / "pytest.json").write_text(report, encoding="utf-8")
        if self.has_coverage:
            (folder / "coverage").unlink(missing_ok=True)
            data = CoverageData(basename=str(folder / "coverage"))
            data.add_lines({FILE: [1]})
            for context, ran in lines.items():
                data.set_context(context)
                data.add_lines({MONEY: ran})
            data.write()
            data.close()


def _item(node: str, outcome: str, message: str) -> dict[str, object]:
    if outcome == "passed":
        return {"nodeid": node, "outcome": outcome}
    crash = {"path": f"<repo>/{FILE}", "lineno": 14, "message": message}
    ended = "skipped" if outcome in ("skipped", "xfailed") else "failed"
    phase = {"outcome": ended, "crash": crash, "longrepr": message}
    if outcome == "skipped":
        phase = {"outcome": ended, "longrepr": f"('<repo>/{FILE}', 14, 'Skipped: no drawer')"}
    return {"nodeid": node, "outcome": outcome, ("setup" if outcome == "error" else "call"): phase}


@pytest.fixture
def recorded(stranger: Stranger) -> Recorded:
    """A healthy run: everything passed, every test ran the code it is cited for."""
    made = Recorded(stranger)
    made.cases = {
        TOTAL: "passed",
        f"{CHANGE}[500-350-150]": "passed",
        f"{CHANGE}[350-350-0]": "passed",
        REFUSED: "passed",
        HOLDS: "passed",
    }
    made.lines = {
        f"{TOTAL}|run": [made.line("return sum(prices)")],
        f"{CHANGE}[500-350-150]|run": [made.line("return paid - price")],
        f"{CHANGE}[350-350-0]|run": [made.line("return paid - price")],
        f"{REFUSED}|run": [made.line("if paid < price:")],
        f"{HOLDS}|setup": [made.line("self.held = 0")],
        f"{HOLDS}|run": [made.line("self.held += pennies"), made.line("return self.held")],
    }
    made.gates = {"tests": (GateStatus.PASSED, ""), "imports": (GateStatus.PASSED, "")}
    return made
