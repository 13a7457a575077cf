"""evidence.json: every verdict for everyone outside, in the shape of evidence.schema.json."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence

from evidence.engine.falsify.model import Outcome, PatchRun
from evidence.engine.judge.model import (
    Breakages,
    Judgement,
    Standing,
    Status,
    TestEvidence,
    Verdict,
)
from evidence.engine.project import Project
from evidence.engine.publish import links
from evidence.engine.publish.mutations import mutations_json
from evidence.engine.register.model import Claim, Gate, OutOfScope, Register
from evidence.engine.run.model import GateRun, GateStatus, Run

SCHEMA = 1
_NOT_RECORDED = "the run did not select it"


def evidence_json(
    project: Project, register: Register, run: Run, judgement: Judgement
) -> dict[str, object]:
    """The whole judgement as plain data. Holds nothing that differs between two runs of a tree."""
    return {
        "schema": SCHEMA,
        "project": project.name.lower(),
        "version": project.version,
        "commit": run.tree.commit,
        "dirty": run.tree.dirty,
        "claims": [
            *(_claim(verdict, judgement) for verdict in judgement.verdicts),
            *(_out_of_scope(item) for item in register.out_of_scope),
        ],
        "gates": [
            _gate(gate, run.gate(gate.id), judgement, run.tree.commit) for gate in register.gates
        ],
        "requirements": {
            requirement: status.value for requirement, status in judgement.requirements.items()
        },
        "public": [
            {
                "where": said.public.where,
                "says": said.public.says,
                "claims": [link.text for link in said.public.claims],
                "unborne_by": list(said.unborne_by),
            }
            for said in judgement.said
        ],
        "complaints": list(judgement.complaints),
        "lacks": {asked.id: asked.lacks for asked in register.requirements if asked.lacks},
    }


def dumps(evidence: dict[str, object]) -> str:
    """The same text for the same judgement, wherever it is written: UTF-8, LF at the end."""
    return json.dumps(evidence, ensure_ascii=False, indent=1) + "\n"


def _claim(verdict: Verdict, judgement: Judgement) -> dict[str, object]:
    claim = verdict.claim
    return {
        "id": claim.id,
        "area": claim.area,
        "says": claim.says,
        "requirements": [link.text for link in claim.requirements],
        "critical": claim.critical,
        "status": verdict.status.value,
        "rungs": {rung.rung.value: rung.standing.value for rung in verdict.rungs},
        "reasons": list(verdict.reasons),
        "code": [
            {
                "path": code.path,
                "symbol": code.symbol,
                "lines": [code.first, code.last],
                "sha256": code.sha256,
                "executable": code.executable,
                "mutants": verdict.broken.of(f"{code.path}::{code.symbol}"),
            }
            for code in verdict.code
        ],
        "tests": [_test(test) for test in verdict.tests],
        "gates": [link.text for link in claim.gates],
        "mutants": mutations_json(verdict.broken),
        "sabotage": [
            {"patch": patch.patch, "outcome": patch.outcome.value}
            for patch in verdict.broken.patches
        ],
        "demo": _demo(claim, judgement),
    }


def _demo(claim: Claim, judgement: Judgement) -> dict[str, object] | None:
    """`screenshot` is its place in the site; null when the step did not leave one."""
    if claim.demo is None:
        return None
    shown = judgement.shown.get(claim.demo.text)
    picture = shown.screenshot if shown else ""
    place = links.artifact_file(picture.partition("/")[0], picture) if picture else None
    return {"step": claim.demo.text, "screenshot": place}


def _test(test: TestEvidence) -> dict[str, object]:
    """`executes` are line numbers; `executes_by_path` says in which file each of them is."""
    by_path: dict[str, list[int]] = defaultdict(list)
    for path, line in sorted(test.executes):
        by_path[path].append(line)
    return {
        "id": test.id,
        "outcome": test.outcome,
        "cases": test.cases,
        "executes": sorted({line for _, line in test.executes}),
        "executes_by_path": dict(by_path),
    }


def _out_of_scope(item: OutOfScope) -> dict[str, object]:
    rungs = ("linked", "passed", "executed", "falsified", "demonstrated")
    return {
        "id": item.id,
        "area": "Out of scope",
        "says": item.says,
        "requirements": [],
        "critical": False,
        "status": Status.OUT.value,
        "rungs": dict.fromkeys(rungs, Standing.NOT_APPLICABLE.value),
        "reasons": [item.why],
        "code": [],
        "tests": [],
        "gates": [],
        "mutants": mutations_json(Breakages()),
        "sabotage": [],
        "demo": None,
    }


def _gate(gate: Gate, run: GateRun | None, judgement: Judgement, commit: str) -> dict[str, object]:
    """Reuse within a commit is told on the page of this run: the facts here are the same."""
    ran = run is not None and bool(run.log)
    return {
        "id": gate.id,
        "status": run.status.value if run else GateStatus.NOT_RUN.value,
        "why": run.why if run else _NOT_RECORDED,
        "exit_code": run.exit_code if run else None,
        "log": links.log_file(gate.id) if ran else None,
        "sha256": run.sha256 if run and run.sha256 else None,
        "reused_from": run.reused_from if run and run.reused_from != commit else None,
        "control": _control(judgement.controls.get(gate.id, ())),
    }


def _control(patches: Sequence[PatchRun]) -> str:
    """What the gate did with its control patch; none when it was not tried."""
    outcomes = {patch.outcome for patch in patches}
    if not outcomes or outcomes & {Outcome.NOT_TRIED, Outcome.SETUP_ERROR}:
        return "none"
    return "red" if all(outcome.is_kill for outcome in outcomes) else "green"
