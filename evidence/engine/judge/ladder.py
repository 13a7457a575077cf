"""The rungs of one claim. Each missing rung says what is missing, and the next step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evidence.engine.judge.cited import Cited
from evidence.engine.judge.demonstrated import Walk, demonstrated
from evidence.engine.judge.executed import Executed
from evidence.engine.judge.model import Rung, RungVerdict, Standing, TestEvidence
from evidence.engine.judge.trials import Trials
from evidence.engine.register.model import Link
from evidence.engine.run.model import GateRun, GateStatus, Run


@dataclass(frozen=True)
class Findings:
    """What this run holds about one claim: the tests in the order in which it cites them."""

    cited: Cited
    tests: tuple[Trials, ...]
    evidence: tuple[TestEvidence, ...]
    run: Run
    executed: Executed
    falsified: RungVerdict
    walk: Walk


def climb(findings: Findings) -> tuple[RungVerdict, ...]:
    """All five rungs, in order."""
    claim = findings.cited.claim
    return (
        _verdict(Rung.LINKED, findings.cited.dead),
        _verdict(Rung.PASSED, _not_passed(findings)),
        _executed(findings),
        findings.falsified,
        demonstrated(claim, findings.walk),
    )


def _verdict(rung: Rung, missing: Sequence[str]) -> RungVerdict:
    reasons = tuple(dict.fromkeys(missing))
    return RungVerdict(rung, Standing.NO if reasons else Standing.YES, reasons)


def _not_passed(findings: Findings) -> list[str]:
    cited = findings.cited
    tests = [
        test.reason if cited.is_alive(test.id) else f"{test.id} never ran: there is no such test."
        for test in findings.tests
        if not (test.has_passed and cited.is_alive(test.id))
    ]
    gates = [_gate_reason(link, findings.run) for link in cited.claim.gates]
    return [*tests, *(reason for reason in gates if reason)]


def _gate_reason(link: Link, run: Run) -> str:
    gate = run.gate(link.text)
    if gate is None:
        return f"Gate {link.text} never ran: the run did not select it; run all gates."
    if gate.status is GateStatus.PASSED:
        return ""
    ended = "failed" if gate.status is GateStatus.FAILED else "was not run"
    return f"Gate {gate.id} {ended}{_why(gate)}"


def _why(gate: GateRun) -> str:
    if gate.why:
        return f": {gate.why.rstrip('.')}."
    return "." if gate.exit_code is None else f" with exit code {gate.exit_code}; read its log."


def _executed(findings: Findings) -> RungVerdict:
    claim, symbols = findings.cited.claim, findings.cited.symbols
    dead = [f"{code.path}::{code.symbol}" for code in findings.cited.code if not code.first]
    if not claim.tests or not (symbols or dead):
        return RungVerdict(Rung.EXECUTED, Standing.NOT_APPLICABLE)
    if not symbols:
        sentence = f"No test can run {_names(dead)}: there is no such code."
        return RungVerdict(Rung.EXECUTED, Standing.NO, (sentence,))
    pairs = zip(findings.tests, findings.evidence, strict=True)
    return _verdict(
        Rung.EXECUTED,
        [_not_executed(test, shown, findings) for test, shown in pairs if not shown.executes],
    )


def _not_executed(test: Trials, shown: TestEvidence, findings: Findings) -> str:
    """Why a test that was seen to run no cited line was not; the nearest cause first."""
    names = _names([f"{symbol.path}::{symbol.name}" for symbol in findings.cited.symbols])
    causes: tuple[Callable[[], str], ...] = (
        lambda: _did_not_run(test),
        lambda: _has_no_coverage(test, findings.executed),
        lambda: _only_around(shown, names),
        lambda: _is_not_measured(test, findings),
    )
    return next((sentence for cause in causes if (sentence := cause())), "") or (
        f"{test.id} {_ended(test)} without running a line of the code it is cited for ({names}); "
        "cite a test that calls it, or the code that this test calls."
    )


def _did_not_run(test: Trials) -> str:
    did_not = test.decides is None or test.outcome == "skipped"
    return f"{test.id} did not run, so it has run no line of the cited code." if did_not else ""


def _has_no_coverage(test: Trials, executed: Executed) -> str:
    gates = [trial.gate for trial in test.trials]
    if executed.measured.intersection(gates):
        return ""
    return (
        f"{test.id} ran in gate {', '.join(gates)}, which recorded no coverage by test; see what "
        "switches it off: --no-cov, -p no:cov, or dynamic_context in coverage's settings."
    )


def _only_around(shown: TestEvidence, names: str) -> str:
    if not shown.setup_only:
        return ""
    return (
        f"{shown.id} runs {names} only in its setup or teardown; call it in the test itself, so "
        "that the test is what proves it."
    )


def _is_not_measured(test: Trials, findings: Findings) -> str:
    paths = sorted({symbol.path for symbol in findings.cited.symbols})
    if findings.executed.files.intersection(paths):
        return ""
    return (
        f"{test.id} {_ended(test)}, but coverage measured nothing in {_names(paths)}; cite a test "
        "that calls it in its own process."
    )


def _ended(test: Trials) -> str:
    return {"failed": "failed", "error": "ended in an error"}.get(test.outcome, "passed")


def _names(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(name.removesuffix("::") for name in names))
