"""Patches that change only what functions do are tried in forks, which takes a tenth of the time.

A fork is believed where a cited test noticed. Whatever it could not show or did not notice is tried
in processes of its own like any other patch, and so is a share of what was noticed, which has to
come out the same.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evidence.engine.falsify.control import Controls
from evidence.engine.falsify.model import Outcome, PatchRun
from evidence.engine.falsify.plan import recorded_by
from evidence.engine.falsify.pool import Worker, hand_out, pool
from evidence.engine.falsify.sabotage.bodies import Change, changes
from evidence.engine.falsify.sabotage.clone import Clone, DoesNotApply
from evidence.engine.falsify.sabotage.narrowed import by_gate
from evidence.engine.falsify.sabotage.outcome import Answer
from evidence.engine.falsify.sabotage.trial import recorded, tests_of
from evidence.engine.register.model import Gate, Patch, Register
from evidence.engine.run.bench import Bench
from evidence.engine.run.contexts import without_case
from evidence.engine.run.model import GateRun
from evidence.engine.run.services import ServiceFailed, Services

_SHARE = 0.05
_LEAST = 4  # Fewer are tried in less time than it takes to start a server.


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
    their own. `complaints` are about the forks."""

    caught: dict[str, PatchRun] = field(default_factory=dict)
    checked: dict[str, PatchRun] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def disagreements(self, runs: Mapping[str, PatchRun]) -> list[str]:
        """A sentence for each that came out otherwise in processes of its own."""
        return [
            f"Patch {name}: {run.outcome} in a fork, {runs[name].outcome} in processes of its own."
            for name, run in self.checked.items()
            if not runs[name].outcome.is_kill
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
    tell: Callable[[], None],
) -> Forked:
    """Each of them in a fork, beside its tests on unbroken code."""
    found = Forked()
    gates = {gate.id: gate for gate, _ in asked}
    for gate in gates.values():
        patches = [each for other, each in asked if other.id == gate.id]
        if len(patches) < _LEAST:
            continue
        tests = sorted({test for each in patches for test in each.tests})
        paths = sorted({path for each in patches for path in each.texts})
        warm = [
            test
            for each in recorded_by(register, runs, results, paths)
            if each.gate.id == gate.id
            for test in each.broadest(tests)
        ]
        try:
            with pool(gate, tests, warm=warm, bench=bench, services=services) as workers:
                _in_gate(found, patches, workers, bench, tell)
        except ServiceFailed as error:
            found.complaints.append(f"Gate {gate.id}: {error}.")
    _choose(found, bench.tree.commit)
    return found


def _in_gate(
    found: Forked,
    patches: Sequence[Quick],
    workers: Sequence[Worker],
    bench: Bench,
    tell: Callable[[], None],
) -> None:
    controls = Controls()
    caught: dict[str, PatchRun] = {}

    def try_one(each: Quick, worker: Worker) -> None:
        answer = _tried(each, controls, worker)
        if answer:
            caught[each.patch.name] = recorded(each.patch, answer)
            tell()

    hand_out(patches, workers, try_one, bench=bench)
    killers = {without_case(case) for run in caught.values() for case in run.killed_by}
    controls.after(killers, workers, bench)
    found.caught |= {
        name: run
        for name, run in caught.items()
        if not controls.red.keys() & set(map(without_case, run.killed_by))
    }
    found.complaints += controls.complaints


def _tried(each: Quick, controls: Controls, worker: Worker) -> Answer | None:
    """What the first test that noticed says; None when nobody did, or not for certain."""
    tests = [test for test in each.tests if controls.green(test, worker)]
    if not tests or len(tests) < len(each.tests):
        return None
    broken = [_order(change, worker.copy.root) for change in each.changes]
    with ExitStack() as stack:
        for path, text in each.texts.items():
            stack.enter_context(worker.copy.broken(path, text))
        answer = worker.server.ask([controls.order(test) for test in tests], broken, stop=True)
    if answer.cannot or answer.died or not answer.trials:
        return None
    last = answer.trials[-1]
    outcome = _outcome(last, each.patch, worker.copy.root)
    if outcome is None:
        return None
    return Answer(outcome, red=(last["case"],), log=(last["case"], f"  {last['message']}"))


def _order(change: Change, root: Path) -> dict[str, Any]:
    return {
        "file": str(root / change.path),
        "unit": change.unit,
        "first_line": change.first_line,
        "text": change.text,
    }


def _outcome(trial: Mapping[str, Any], patch: Patch, root: Path) -> Outcome | None:
    """A kill, or nothing that is certain. An assertion that the broken file makes itself is no
    judgement of the test's."""
    if trial["outcome"] not in (Outcome.ASSERTION, Outcome.CRASH):
        return None
    is_own = trial["where"] in {str(root / path) for path in patch.touches}
    return Outcome.CRASH if is_own else Outcome(trial["outcome"])


def _choose(found: Forked, seed: str) -> None:
    """Moves the share that is checked, by the commit's own number."""
    names = sorted(found.caught)
    for name in random.Random(seed).sample(names, math.ceil(len(names) * _SHARE)):  # noqa: S311 - not for secrets
        found.checked[name] = found.caught.pop(name)


def _texts(root: Path, patch: Patch) -> dict[str, str]:
    return {path: (root / path).read_text("utf-8") for path in patch.touches}
