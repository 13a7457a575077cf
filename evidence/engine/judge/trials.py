"""What a cited test came to in this run, over all its cases and every gate that ran it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evidence.engine.judge.results import NO_REPORT, Case, Results
from evidence.engine.register.model import Register
from evidence.engine.run.model import GateStatus, Run

NEVER_RAN = "never ran"
PASSED = "passed"

# The worst first: a test is what its worst case is, in the gate that ran it.
_WORST_FIRST = ("failed", "error", "skipped", "xfailed", "xpassed")
# One of these in any gate decides, whatever the test did in other gates.
_BROKEN = ("failed", "error")
_HOW = {
    "failed": "failed",
    "error": "ended in an error",
    "skipped": "was skipped",
    "xfailed": "is marked as an expected failure and failed",
    "xpassed": "is marked as an expected failure, yet passed",
}


@dataclass(frozen=True)
class PytestGate:
    """A gate that runs tests: what it found.

    `absent` says why there is nothing to find ("was not run (…)"), `failed` why the gate failed.
    """

    id: str
    results: Results
    absent: str = ""
    failed: str = ""


@dataclass(frozen=True)
class Trial:
    """How a test ended in one gate."""

    gate: str
    outcome: str
    cases: tuple[Case, ...]

    @property
    def message(self) -> str:
        return next((case.message for case in self.cases if case.outcome == self.outcome), "")


@dataclass(frozen=True)
class Trials:
    """A cited test: the trial that decides (None when it never ran), all trials, and the sentence
    that says why it has not passed (empty when it has)."""

    id: str
    decides: Trial | None
    trials: tuple[Trial, ...]
    reason: str

    @property
    def outcome(self) -> str:
        return self.decides.outcome if self.decides else NEVER_RAN

    @property
    def has_passed(self) -> bool:
        return self.outcome == PASSED


def try_test(test: str, gates: Sequence[PytestGate]) -> Trials:
    """Judge one test: broken anywhere is broken, passed needs one gate where all cases passed."""
    trials = tuple(
        Trial(gate=gate.id, outcome=_worst(cases), cases=cases)
        for gate in gates
        if (cases := gate.results.tests.get(test))
    )
    if not trials:
        return Trials(id=test, decides=None, trials=(), reason=_never_ran(test, gates))
    decides = min(trials, key=_decisiveness)
    return Trials(id=test, decides=decides, trials=trials, reason=_reason(test, decides))


def pytest_gates(
    register: Register, run: Run, results: dict[str, Results]
) -> tuple[PytestGate, ...]:
    """The register's pytest gates as they stand in this run; `results` by gate id."""
    return tuple(
        PytestGate(
            id=gate.id,
            results=results.get(gate.id, Results()),
            absent=_absent(gate.id, run, results),
            failed=_failed(gate.id, run),
        )
        for gate in register.gates
        if gate.pytest is not None
    )


def _absent(gate_id: str, run: Run, results: dict[str, Results]) -> str:
    gate = run.gate(gate_id)
    if gate is None:
        return "was not selected"
    if gate.status is GateStatus.NOT_RUN:
        return f"was not run ({_without_stop(gate.why)})"
    problem = results.get(gate_id, Results(problem=NO_REPORT)).problem
    return f"{problem} ({_without_stop(gate.why)})" if problem and gate.why else problem


def _failed(gate_id: str, run: Run) -> str:
    gate = run.gate(gate_id)
    return _without_stop(gate.why) if gate and gate.status is GateStatus.FAILED else ""


def _worst(cases: Sequence[Case]) -> str:
    outcomes = {case.outcome for case in cases}
    unknown = sorted(outcomes - {*_WORST_FIRST, PASSED})
    return next((word for word in (*_WORST_FIRST, *unknown) if word in outcomes), PASSED)


def _decisiveness(trial: Trial) -> int:
    order = (*_BROKEN, PASSED, *_WORST_FIRST)
    return order.index(trial.outcome) if trial.outcome in order else len(order)


def _reason(test: str, trial: Trial) -> str:
    if trial.outcome == PASSED:
        return ""
    how = _HOW.get(trial.outcome, trial.outcome)
    concerned = sum(1 for case in trial.cases if case.outcome == trial.outcome)
    if len(trial.cases) > 1:
        how += f" in {concerned} of its {len(trial.cases)} cases"
    detail = f": {trial.message}" if trial.message and trial.outcome != "xpassed" else "."
    return f"{test} {how} in gate {trial.gate}{detail}"


def _never_ran(test: str, gates: Sequence[PytestGate]) -> str:
    if not gates:
        return f"{test} never ran: no gate runs pytest; add one with a pytest: key to gates.yml."
    path = test.partition("::")[0]
    for gate in gates:
        for place, why in gate.results.uncollected.items():
            if path == place.partition("::")[0] or path.startswith(f"{place}/"):
                return (
                    f"{test} never ran: gate {gate.id} could not import {place}"
                    f"{f' ({why})' if why else ''}; repair that, then run the gate again."
                )
    absent = [f"gate {gate.id} {gate.absent}" for gate in gates if gate.absent]
    failed = [f"gate {gate.id} failed ({gate.failed})" for gate in gates if gate.failed]
    if absent or failed:
        return f"{test} never ran: {'; '.join(absent or failed)}."
    names = ", ".join(gate.id for gate in gates)
    return (
        f"{test} never ran in {'gate' if len(gates) == 1 else 'gates'} {names}; "
        "have a gate's pytest arguments select it, or cite a test that runs."
    )


def _without_stop(sentence: str) -> str:
    return sentence.rstrip().rstrip(".")
