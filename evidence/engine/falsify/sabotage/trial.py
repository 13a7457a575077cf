"""One patch: apply it, run what has to catch it, and say what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from evidence.engine.falsify.inside.opened import ELSEWHERE, Opened
from evidence.engine.falsify.model import Outcome, PatchRun
from evidence.engine.falsify.sabotage.clone import Clone, DoesNotApply
from evidence.engine.falsify.sabotage.narrowed import by_gate, for_control, for_tests
from evidence.engine.falsify.sabotage.outcome import Answer, of_gate, of_tests
from evidence.engine.falsify.trace import Trace
from evidence.engine.register.model import Gate, Patch, Register
from evidence.engine.run.bench import Bench
from evidence.engine.run.environment import gate_environment
from evidence.engine.run.gates import run_gate
from evidence.engine.run.listener import Listener, Silent
from evidence.engine.run.model import GateRun, GateStatus, Run
from evidence.engine.run.services import Services
from evidence.engine.run.versions import Versions


@dataclass(frozen=True)
class Lane:
    """A copy of the project with these `files`, and all that is needed to run gates in it; one
    patch at a time. `traces` tell by patch which files its tests opened."""

    clone: Clone
    bench: Bench
    register: Register
    run: Run
    clean_logs: Path
    services: Services
    versions: Versions
    files: Sequence[str] = ()
    listener: Listener = field(default_factory=Silent)
    traces: dict[str, Trace | None] = field(default_factory=dict)

    def run_gate(self, gate: Gate) -> GateRun:
        return run_gate(
            gate,
            bench=self.bench,
            services=self.services,
            versions=self.versions,
            listener=self.listener,
        )


def try_patch(patch: Patch, lane: Lane) -> PatchRun:
    """Breaks the copy and runs the tests or the gate; whoever lent the copy mends it."""
    if _rehearses(patch, lane):
        # A reviewer who is shown the patch has seen it "unbroken" before.
        lane = gate_unbroken(patch, lane, "rehearsed")
    try:
        lane.clone.break_(patch.joined)
    except DoesNotApply as error:
        why = f"it no longer applies ({error}); make it anew with `git diff`"
        return recorded(patch, Answer(Outcome.NOT_TRIED, why))
    return recorded(patch, _of_gate(patch, lane) if patch.is_control else _of_tests(patch, lane))


def tests_of(patch: Patch, register: Register) -> tuple[str, ...]:
    """The tests that have to catch it: those it names, or all that its claim cites."""
    claim = next((each for each in register.claims if each.id == patch.breaks), None)
    return tuple(link.text for link in patch.caught_by or (claim.tests if claim else ()))


def gate_unbroken(patch: Patch, lane: Lane, word: str) -> Lane:
    """The lane, which then knows how the control's gate does on unbroken code.

    What the gate is narrowed to may come with the patch alone; then nothing is there to run.
    """
    [gate] = (each for each in lane.register.gates if each.id == patch.breaks)
    root = lane.bench.project.root
    if any(each in patch.touches and not (root / each).exists() for each in patch.narrow):
        clean = GateRun(gate.id, GateStatus.PASSED, "", 0, (), "", "", 0.0)
    else:
        narrowed = replace(for_control(gate, patch, root), id=f"{patch.name}_{word}")
        clean = replace(lane.run_gate(narrowed), id=gate.id)
    return replace(lane, run=replace(lane.run, gates=(clean,)), clean_logs=lane.bench.results)


def _rehearses(patch: Patch, lane: Lane) -> bool:
    """A gate that could not run here, for want of somebody to ask, may run narrowed to a stand-in:
    then the control shows what it would do."""
    clean = lane.run.gate(patch.breaks)
    return bool(patch.narrow) and clean is not None and clean.status is GateStatus.NOT_RUN


def recorded(patch: Patch, answer: Answer) -> PatchRun:
    return PatchRun(
        patch=patch.name,
        target=patch.breaks,
        breaks=patch.says,
        diff=tuple(patch.diff.splitlines()),
        outcome=answer.outcome,
        killed_by=answer.red,
        why=answer.why,
        log=answer.log,
    )


def _of_tests(patch: Patch, lane: Lane) -> Answer:
    answer = Answer(Outcome.NOT_TRIED, "no gate runs tests; add one with a pytest: key")
    root = lane.bench.project.root
    groups = by_gate(tests_of(patch, lane.register), lane.register, root)
    with closing(Opened(root, lane.files, lane.clone.top / ".git")) as opened:
        for number, (gate, tests) in enumerate(groups):
            name = f"{patch.name}_{number}"
            run = lane.run_gate(for_tests(gate, tests, name=name, root=root, once=True))
            answer = of_tests(run, lane.bench.results / name / "pytest.json", patch.touches)
            if answer.outcome.is_kill:
                break
        lane.traces[patch.name] = _went(opened, [gate for gate, _ in groups], lane.bench)
    return answer


def _went(opened: Opened, gates: Iterable[Gate], bench: Bench) -> Trace | None:
    """Every file that the tests opened, in whatever process; None when nobody knows. That the same
    tests pass on unbroken code, each build sees anew."""
    files, project = opened.told(), bench.project
    envs = (gate_environment(project, bench.python, dict(gate.env)) for gate in gates)
    if files is None or any(ELSEWHERE in env for env in envs):
        return None
    return Trace(files=files)


def _of_gate(patch: Patch, lane: Lane) -> Answer:
    gate = lane.register.gate(patch.breaks)
    clean = lane.run.gate(patch.breaks)
    if gate is None or clean is None or clean.status is not GateStatus.PASSED:
        state = f"was {clean.status}" if clean else "was not selected"
        state = "failed" if clean and clean.status is GateStatus.FAILED else state
        why = f"gate {patch.breaks} {state} on unbroken code, so red would show nothing"
        return Answer(Outcome.NOT_TRIED, why)
    run = lane.run_gate(for_control(gate, patch, lane.bench.project.root))
    logs = lane.bench.results, lane.clean_logs
    return of_gate(run, logs[0] / run.log, patch.expect, logs[1] / clean.log)
