"""Patches that change only what functions do are tried in forks, which takes a tenth of the time.

A fork is believed where a cited test noticed. Whatever it could not show or did not notice is tried
in processes of its own like any other patch. So are a share of what was noticed and, for some of
the critical claims, one assertion each; these have to come out the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evidence.engine.falsify.control import Controls
from evidence.engine.falsify.lines import Lines
from evidence.engine.falsify.model import Outcome, PatchRun
from evidence.engine.falsify.plan import recorded_by
from evidence.engine.falsify.pool import Worker, hand_out, pool
from evidence.engine.falsify.sabotage.bodies import Change, changes
from evidence.engine.falsify.sabotage.clone import Clone, DoesNotApply
from evidence.engine.falsify.sabotage.narrowed import by_gate
from evidence.engine.falsify.sabotage.outcome import Answer, judged
from evidence.engine.falsify.sabotage.trial import recorded, tests_of
from evidence.engine.falsify.share import share_of
from evidence.engine.falsify.trace import Shared, Trace, joined
from evidence.engine.register.model import Gate, Patch, Register
from evidence.engine.run.bench import Bench
from evidence.engine.run.contexts import without_case
from evidence.engine.run.model import GateRun
from evidence.engine.run.services import ServiceFailed, Services

_LEAST = 4  # Fewer are tried in less time than it takes to start a server.
_CRITICAL = 0.5  # Of the critical claims: in processes of its own a patch takes seconds.


@dataclass(frozen=True)
class Quick:
    """A patch that may be tried in a fork: the tests that have to catch it, the functions that it
    changes, and the text of each file that it edits."""

    patch: Patch
    tests: tuple[str, ...]
    changes: tuple[Change, ...]
    texts: Mapping[str, str]


@dataclass
class Forked:
    """What forks caught, by patch. `checked` were caught too, and are tried again in processes of
    their own. `traces` tell where the trials of those caught went, and `shared` what all forks
    share. `complaints` are about the forks."""

    caught: dict[str, PatchRun] = field(default_factory=dict)
    checked: dict[str, PatchRun] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    traces: dict[str, Trace | None] = field(default_factory=dict)
    shared: Shared = field(default_factory=Shared)

    def disagreements(self, runs: Mapping[str, PatchRun]) -> list[str]:
        """A sentence for each that came out otherwise in processes of its own."""
        return [
            f"Patch {name}: {run.outcome} in a fork, {runs[name].outcome} in processes of its own."
            for name, run in self.checked.items()
            if runs[name].outcome is not run.outcome
        ]


def quick(patch: Patch, register: Register, clone: Clone, root: Path) -> tuple[Gate, Quick] | None:
    """The patch, with the gate whose tests have to catch it; None where a fork cannot show it. The
    clone is left broken."""
    groups = by_gate(tests_of(patch, register), register, root)
    if patch.is_control or len(groups) != 1:
        return None
    try:
        before = _texts(clone.root, patch)
        clone.break_(patch.joined)
        texts = _texts(clone.root, patch)
    except (DoesNotApply, OSError, UnicodeDecodeError):
        return None
    changed: list[Change] = []
    for path, was in before.items():
        found = changes(path, was, texts[path]) if path.endswith(".py") else None
        if found is None:
            return None
        changed += found
    [(gate, tests)] = groups
    return gate, Quick(patch, tests, tuple(changed), texts)


def try_forked(
    asked: Sequence[tuple[Gate, Quick]],
    *,
    register: Register,
    runs: Sequence[GateRun],
    results: Path,
    bench: Bench,
    services: Services,
) -> Forked:
    """Each of them in a fork, beside its tests on unbroken code, if nothing that it changes ran
    before there are forks: what that left behind, old code made."""
    found = Forked()
    paths = sorted({path for _, each in asked for path in each.texts})
    ran = {each.gate.id: each for each in recorded_by(register, runs, results, paths)}
    for gate in {gate.id: gate for gate, _ in asked}.values():
        lines = ran[gate.id].lines if gate.id in ran else Lines()
        patches = [
            each
            for other, each in asked
            if other.id == gate.id and not _ran_early(each, lines, bench.cores)
        ]
        if len(patches) < _LEAST:
            continue
        tests = sorted({test for each in patches for test in each.tests})
        warm = ran[gate.id].broadest(tests) if gate.id in ran else ()
        try:
            with pool(
                gate,
                tests,
                warm=warm,
                bench=bench,
                services=services,
            ) as workers:
                _in_gate(found, patches, workers, bench)
        except ServiceFailed as error:
            found.complaints.append(f"Gate {gate.id}: {error}.")
    _choose(found, register, bench.tree.commit)
    return found


def _ran_early(each: Quick, lines: Lines, processes: int) -> bool:
    return any(
        lines.ran_early(change.path, change.span, each.tests, processes) for change in each.changes
    )


def _in_gate(
    found: Forked,
    patches: Sequence[Quick],
    workers: Sequence[Worker],
    bench: Bench,
) -> None:
    controls = Controls()
    caught: dict[str, PatchRun] = {}

    def try_one(each: Quick, worker: Worker) -> None:
        answer, trace = _tried(each, controls, worker)
        if answer:
            found.traces[each.patch.name] = trace
            caught[each.patch.name] = recorded(each.patch, answer)

    hand_out(patches, workers, try_one, bench=bench)
    killers = {without_case(case) for run in caught.values() for case in run.killed_by}
    controls.after(killers, workers, bench)
    found.caught |= {
        name: run
        for name, run in caught.items()
        if not controls.red.keys() & set(map(without_case, run.killed_by))
    }
    found.complaints += controls.complaints
    for worker in workers:
        found.shared |= worker.shared


def _tried(each: Quick, controls: Controls, worker: Worker) -> tuple[Answer | None, Trace | None]:
    """What the first test that noticed says, None when nobody did, or not for certain; and where
    the tests went, on unbroken code too."""
    tests = [test for test in each.tests if controls.green(test, worker)]
    if not tests or len(tests) < len(each.tests):
        return None, None
    broken = [_order(change, worker.copy.root) for change in each.changes]
    with ExitStack() as stack:
        for path, text in each.texts.items():
            stack.enter_context(worker.copy.broken(path, text))
        answer = worker.server.ask([controls.order(test) for test in tests], broken, stop=True)
    if answer.died or (answer.trials and answer.trials[-1]["outcome"] == Outcome.TIMEOUT):
        # A child that was cut off may have left something, in a database say, that another patch's
        # tests would stumble over; only another server is free of it.
        worker.renew()
        return None, None
    if answer.cannot or not answer.trials:
        return None, None
    last = answer.trials[-1]
    outcome = _outcome(last, each.patch, worker.copy.root)
    if outcome is None:
        return None, None
    said = Answer(outcome, red=(last["case"],), log=(last["case"], f"  {last['message']}"))
    return said, joined([answer.trace, *(controls.traces.get(test) for test in tests)])


def _order(change: Change, root: Path) -> dict[str, Any]:
    return {
        "file": str(root / change.path),
        "unit": change.unit,
        "first_line": change.first_line,
        "text": change.text,
    }


def _outcome(trial: Mapping[str, Any], patch: Patch, root: Path) -> Outcome | None:
    """A kill, or nothing that is certain: what fails as the test is tidied up is no kill either."""
    if trial["outcome"] not in (Outcome.ASSERTION, Outcome.CRASH) or trial["phase"] != "call":
        return None
    is_own = trial["where"] in {str(root / path) for path in patch.touches}
    return judged(Outcome(trial["outcome"]), is_own=is_own)


def _choose(found: Forked, register: Register, seed: str) -> None:
    """Moves what is checked, chosen by the commit's own number."""
    claims = share_of({claim for claim, _ in _asserted(found, register)}, seed, _CRITICAL)
    first = {claim: name for claim, name in _asserted(found, register) if claim in claims}
    for name in {*share_of(found.caught, seed), *first.values()}:
        found.checked[name] = found.caught.pop(name)


def _asserted(found: Forked, register: Register) -> Iterator[tuple[str, str]]:
    """Critical claims with what was caught by an assertion of theirs."""
    critical = {claim.id for claim in register.claims if claim.critical}
    for name, run in sorted(found.caught.items()):
        if run.target in critical and run.outcome is Outcome.ASSERTION:
            yield run.target, name


def _texts(root: Path, patch: Patch) -> dict[str, str]:
    return {path: (root / path).read_text("utf-8") for path in patch.touches}
