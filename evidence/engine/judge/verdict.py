"""Judge a recorded run: each claim gets the status that its evidence carries, and the reasons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evidence.engine.falsify.model import Falsification
from evidence.engine.falsify.record import read_falsified
from evidence.engine.judge.cited import Cited, read_citations
from evidence.engine.judge.demonstrated import Walk, read_walk
from evidence.engine.judge.executed import Executed, Recording, Wanted, read_executed
from evidence.engine.judge.falsified import weigh
from evidence.engine.judge.ladder import Findings, climb
from evidence.engine.judge.model import (
    Judgement,
    Rung,
    RungVerdict,
    Standing,
    Status,
    TestEvidence,
    Verdict,
)
from evidence.engine.judge.public import judge_public
from evidence.engine.judge.requirements import judge_requirements
from evidence.engine.judge.results import Results, read_results
from evidence.engine.judge.trials import Trials, pytest_gates, try_test
from evidence.engine.project import Project
from evidence.engine.register.model import Claim, Register
from evidence.engine.run.contexts import without_case
from evidence.engine.run.model import GateStatus, Run


def judge(project: Project, register: Register, run: Run, folder: Path | None = None) -> Judgement:
    """Judge every claim and requirement from the results recorded in `<work>/results`, or in
    another folder.

    Nothing is run or imported. The same register, source and results give the same judgement.
    """
    folder = folder or project.work / "results"
    results = _read_all(run, folder, project.root)
    gates = pytest_gates(register, run, results)
    citations = read_citations(project, register)
    tests = {
        link.text: try_test(link.text, gates) for cited in citations for link in cited.claim.tests
    }
    executed = read_executed(_recordings(run, folder, tests), _wanted(citations), project.root)
    broken = read_falsified(folder)
    walk = read_walk(register, run, folder)
    judged = _Judged(register, run, tests, executed, broken, walk)
    verdicts = tuple(_judge(cited, judged) for cited in citations)
    controls = {gate.id: broken.against(gate.id) for gate in register.gates} if broken else {}
    return Judgement(
        verdicts,
        judge_requirements(register, verdicts),
        walk.steps,
        controls,
        complaints=broken.complaints if broken else (),
        said=judge_public(register, verdicts),
        tried=broken is not None and broken.patches is not None,
    )


def not_executed(
    project: Project, register: Register, claims: Sequence[Claim], run: Run, folder: Path
) -> list[str]:
    """A sentence for each test that some of these claims cite and that was not seen to run a line
    of the code it is cited for, by what this run left in the folder."""
    return [
        f"{verdict.claim.id} {reason}"
        for verdict in judge(project, register, run, folder).verdicts
        if verdict.claim in claims
        for rung in verdict.rungs
        if rung.rung is Rung.EXECUTED
        for reason in rung.reasons
    ]


def _read_all(run: Run, folder: Path, root: Path) -> dict[str, Results]:
    return {gate.id: read_results(folder / gate.tests, root) for gate in run.gates if gate.tests}


def _recordings(run: Run, folder: Path, tests: dict[str, Trials]) -> list[Recording]:
    nodes: dict[str, dict[str, str]] = defaultdict(dict)
    for test in tests.values():
        for trial in test.trials:
            nodes[trial.gate].update((without_case(case.node), test.id) for case in trial.cases)
    return [
        Recording(gate=gate.id, file=folder / gate.coverage, tests=nodes[gate.id])
        for gate in run.gates
        if gate.coverage and gate.id in nodes
    ]


def _wanted(citations: Sequence[Cited]) -> dict[str, Wanted]:
    """Per file, the body lines that any claim cites and the tests cited together with them."""
    body: dict[str, set[int]] = defaultdict(set)
    tests: dict[str, set[str]] = defaultdict(set)
    for cited in citations:
        for symbol in cited.symbols:
            body[symbol.path] |= symbol.body
            tests[symbol.path].update(link.text for link in cited.claim.tests)
    return {path: Wanted(body=body[path], tests=tests[path]) for path in body}


@dataclass(frozen=True)
class _Judged:
    """Everything recorded that verdicts are made of."""

    register: Register
    run: Run
    tests: dict[str, Trials]
    executed: Executed
    broken: Falsification | None
    walk: Walk


def _judge(cited: Cited, judged: _Judged) -> Verdict:
    trials = tuple(judged.tests[link.text] for link in cited.claim.tests)
    evidence = tuple(_evidence(test, cited, judged.executed) for test in trials)
    falsified, broken = weigh(
        cited.claim,
        judged.broken,
        judged.register.waivers,
        cites_functions=bool(cited.symbols),
        functions=[f"{symbol.path}::{symbol.name}" for symbol in cited.symbols],
    )
    findings = Findings(
        cited=cited,
        tests=trials,
        evidence=evidence,
        run=judged.run,
        executed=judged.executed,
        falsified=falsified,
        walk=judged.walk,
    )
    rungs = climb(findings)
    reasons = dict.fromkeys(reason for rung in rungs for reason in rung.reasons)
    return Verdict(
        claim=cited.claim,
        status=_status(findings, rungs),
        rungs=rungs,
        reasons=tuple(reasons),
        code=cited.code,
        tests=evidence,
        broken=broken,
    )


def _evidence(test: Trials, cited: Cited, executed: Executed) -> TestEvidence:
    in_call, around = set(), set()
    for symbol in cited.symbols:
        ran = executed.in_call(symbol.path, test.id) & symbol.body
        near = executed.around(symbol.path, test.id) & symbol.body
        in_call |= {(symbol.path, line) for line in ran}
        around |= {(symbol.path, line) for line in near}
    first, last = cited.test_lines.get(test.id, (0, 0))
    decides = test.decides
    return TestEvidence(
        id=test.id,
        outcome=test.outcome,
        cases=len(decides.cases) if decides else 0,
        executes=tuple(sorted(in_call)),
        setup_only=tuple(sorted(around - in_call)),
        message=decides.message if decides else "",
        first=first,
        last=last,
        gate=decides.gate if decides else "",
    )


def _status(findings: Findings, rungs: Sequence[RungVerdict]) -> Status:
    standing = {rung.rung: rung.standing for rung in rungs}
    if standing[Rung.LINKED] is Standing.NO:
        return Status.NOT
    if standing[Rung.PASSED] is Standing.NO and not _only_the_machine_lacks(findings):
        return Status.NOT
    if all(stands in (Standing.YES, Standing.NOT_APPLICABLE) for stands in standing.values()):
        return Status.MET
    return Status.PARTLY


def _only_the_machine_lacks(findings: Findings) -> bool:
    """True when everything cited passed except gates that this machine could not run, and at
    least one thing did pass: then nothing speaks against the claim, but not all speaks for it."""
    gates = [findings.run.gate(link.text) for link in findings.cited.claim.gates]
    passed = [gate for gate in gates if gate and gate.status is GateStatus.PASSED]
    lacking = [gate for gate in gates if gate and gate.status is GateStatus.NOT_RUN]
    return (
        all(test.has_passed for test in findings.tests)
        and len(passed) + len(lacking) == len(gates)
        and bool(findings.tests or passed)
    )
