"""Mutants in processes of their own: those that no fork can show, and a sample of those it did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from evidence.engine.falsify.control import PASSED, Controls
from evidence.engine.falsify.copies import Copy
from evidence.engine.falsify.harness import Tried, trial_of
from evidence.engine.falsify.model import Outcome
from evidence.engine.falsify.mutants import merged
from evidence.engine.falsify.plan import Plan, Recorded, Target
from evidence.engine.falsify.pool import Worker, hand_out
from evidence.engine.falsify.server import Answer, ServerDied
from evidence.engine.falsify.share import share_of
from evidence.engine.run.bench import Bench


@dataclass(frozen=True)
class Check:
    """A mutant to run again, the tests that were run on it, and whether one of them noticed."""

    target: Target
    tests: frozenset[str]
    was_killed: bool


@dataclass
class Alone:
    """Runs edited copies. `problems` holds what was in the way of each mutant tried, or nothing;
    `disagreements` are sentences about mutants that came out otherwise than in a fork, of those
    that were `audited`."""

    recorded: Recorded
    controls: Controls
    tried: Tried
    problems: dict[str, str] = field(default_factory=dict)
    # Of each mutant that was run again; workers share it, and an append is one step.
    _said: list[str] = field(default_factory=list)

    @property
    def audited(self) -> int:
        return len(self._said)

    @property
    def disagreements(self) -> list[str]:
        return [said for said in self._said if said]

    def try_all(
        self,
        targets: Iterable[Target],
        workers: Sequence[Worker],
        bench: Bench,
        *,
        tell: Callable[[], None],
    ) -> None:
        """Each of these mutants by every test that may notice it, until each claim has a kill."""

        def try_one(target: Target, worker: Worker) -> None:
            self._try(target, worker)
            tell()

        hand_out(targets, workers, try_one, bench=bench)

    def audit(
        self,
        batches: Iterable[Sequence[Check]],
        workers: Sequence[Worker],
        bench: Bench,
        *,
        tell: Callable[[], None],
    ) -> None:
        """Run again what forks found out; several mutants share a process when none of their
        tests runs another's line."""

        def run_again(batch: Sequence[Check], worker: Worker) -> None:
            self._audit(batch, worker)
            tell()

        hand_out(batches, workers, run_again, bench=bench)

    def _try(self, target: Target, worker: Worker) -> None:
        mutant = target.mutant.id
        problem = ""
        self.tried.keep_kills(mutant)
        left = self._candidates(target)
        for test in left:
            self.tried.went(target, self.controls.traces.get(test))
        while left and not problem:
            answer = self._run([target], left, worker, stop=True)
            self.tried.went(target, answer.trace)
            for told in answer.trials:
                self.tried.add(mutant, trial_of(told))
            problem = answer.died or ("" if answer.trials else "its tests did not run")
            left = self.tried.unsatisfied(target, left)
        self.problems[mutant] = f"in a process of its own: {problem}" if problem else ""

    def _candidates(self, target: Target) -> list[str]:
        """All that may notice: an edited file is seen by whoever loads it."""
        mine = [
            test
            for test in target.tests
            if test in self.recorded.seconds and self.controls.is_green(test)
        ]
        if not target.at_import:
            mine = [t for t in mine if t in target.cases or t in self.controls.starters]
        mine.sort(key=lambda test: self.recorded.rank(test, target.cases.get(test, ())))
        return self.tried.unsatisfied(target, mine)

    def _audit(self, batch: Sequence[Check], worker: Worker) -> None:
        tests = sorted({test for check in batch for test in check.tests})
        answer = self._run([check.target for check in batch], tests, worker, stop=False)
        ended = {told["test"]: told for told in answer.trials}
        troubled = []
        for check in batch:
            outcomes = {test: ended[test]["outcome"] for test in check.tests if test in ended}
            told = _disagreement(check, outcomes, answer.died)
            if told and len(batch) > 1:
                troubled.append(check)
            elif told and not outcomes and self._is_to_blame(check, worker):
                self._said.append("")
            else:
                self._said.append(_sentence(check, told) if told else "")
        # One that hangs, ends the process or breaks what all share took away the others' turn.
        for part in _parts(troubled, len(batch)):
            self._audit(part, worker)

    def _is_to_blame(self, check: Check, worker: Worker) -> bool:
        """Whether it is the broken file that kept a process from starting: without it one starts.
        Only what runs as the file is loaded can do that."""
        may_be = check.was_killed and check.target.at_import
        return may_be and bool(self._run([], sorted(check.tests), worker, stop=False).trials)

    def _run(
        self, targets: Sequence[Target], tests: Sequence[str], worker: Worker, *, stop: bool
    ) -> Answer:
        orders = [self.controls.order(test, patience=2.0) for test in tests]
        with ExitStack() as stack:
            for path, text in _broken(targets, worker.copy).items():
                stack.enter_context(worker.copy.broken(path, text))
            try:
                with worker.fresh(tests) as server:
                    return server.ask_here(orders, stop=stop)
            except ServerDied as error:
                return Answer((), died=str(error))


def _parts(troubled: Sequence[Check], of: int) -> list[Sequence[Check]]:
    """The batches in which those are asked again that disagreed among so many: together while
    that gets some out of the others' way, then in halves."""
    if len(troubled) < of:
        return [troubled] if troubled else []
    return [troubled[: of // 2], troubled[of // 2 :]] if of > 1 else []


def _sentence(check: Check, told: str) -> str:
    mutant, tests = check.target.mutant, ", ".join(sorted(check.tests))
    return f"{mutant.path}:{mutant.line} {mutant.operator} ({mutant.id}) {told}; {tests}"


def _disagreement(check: Check, outcomes: Mapping[str, str], died: str) -> str:
    """How it came out otherwise than in a fork, with each outcome; empty when it did not."""
    if check.was_killed and check.target.at_import and {*outcomes.values()} == {"missing"}:
        # Broken so, the file cannot be loaded, and nobody gets as far as a test of it.
        return ""
    killed = any(outcome not in _NO_KILLS for outcome in outcomes.values())
    if len(outcomes) < len(check.tests) and not killed:
        return f"could not be run again in a fresh process: {died or 'its tests did not run'}"
    if killed == check.was_killed:
        return ""
    one, other = ("killed", "survived") if check.was_killed else ("survived", "killed")
    ended = ", ".join(sorted(set(outcomes.values())))
    return f"{one} in a fork and {other} in a fresh process ({ended})"


def _broken(targets: Sequence[Target], copy: Copy) -> dict[str, str]:
    """The files with all of these mutants in them."""
    files: dict[str, list[str]] = {}
    for target in targets:
        files.setdefault(target.mutant.path, []).append(target.mutant.text)
    return {path: merged(copy.read(path), texts) for path, texts in files.items()}


# A test that fails as it is set up has noticed nothing that it promises to notice.
_NO_KILLS = (PASSED, "skipped", "missing", "setup error")


def choose(plan: Plan, recorded: Recorded, tried: Tried, seed: str) -> list[Check]:
    """Each claim's first kill, and a share of everything that forks found out, by the seed."""
    checks: dict[str, Check] = {}
    forked = {name: target for name, target in plan.targets.items() if _is_forked(target, tried)}
    for ids in plan.claims.values():
        for target in (plan.targets[each] for each in ids if each in plan.targets):
            check = _check(target, recorded, tried)
            if check and check.was_killed:
                checks[target.mutant.id] = check
                break
    for mutant in share_of(forked, seed):
        if check := _check(forked[mutant], recorded, tried):
            checks.setdefault(mutant, check)
    return list(checks.values())


def in_batches(
    checks: Iterable[Check], recorded: Recorded, starters: set[str]
) -> list[list[Check]]:
    """As few as may be, such that no test of a batch runs the line of another mutant of it."""
    batches: list[list[_Placed]] = []
    for check in checks:
        placed = _Placed(
            check,
            recorded.runners(check.target),
            is_alone=check.target.at_import or bool(check.tests & starters),
        )
        fitting = (batch for batch in batches if all(map(placed.is_apart, batch)))
        found = next(fitting, None)
        if found is None:
            batches.append([placed])
        else:
            found.append(placed)
    return [[placed.check for placed in batch] for batch in batches]


@dataclass(frozen=True)
class _Placed:
    """A check and whoever runs its line, looked up once: each is compared with hundreds."""

    check: Check
    runners: frozenset[str]
    is_alone: bool

    def is_apart(self, other: _Placed) -> bool:
        return not (
            self.is_alone
            or other.is_alone
            or self.check.tests & other.runners
            or other.check.tests & self.runners
        )


def longest_first(
    batches: Iterable[Sequence[Check]], recorded: Recorded, tried: Tried
) -> list[Sequence[Check]]:
    """So that no worker begins with what takes long when the others are done: what hung in a fork
    before all, for it will hang again."""

    def expected(batch: Sequence[Check]) -> tuple[bool, float]:
        trials = (trial for check in batch for trial in tried.trials[check.target.mutant.id])
        tests = frozenset().union(*(check.tests for check in batch))
        hung = any(trial.outcome is Outcome.TIMEOUT for trial in trials)
        return hung, sum(recorded.seconds[test] for test in tests)

    return sorted(batches, key=expected, reverse=True)


def _is_forked(target: Target, tried: Tried) -> bool:
    mutant = target.mutant.id
    return mutant in tried.trials and mutant not in tried.unforked


def _check(target: Target, recorded: Recorded, tried: Tried) -> Check | None:
    """A kill is checked by the test that made it, a survivor by all tests that let it live."""
    if not _is_forked(target, tried):
        return None
    trials = [t for t in tried.trials[target.mutant.id] if t.test in recorded.seconds]
    kills = [trial.test for trial in trials if trial.outcome.is_kill]
    lived = [trial.test for trial in trials if trial.outcome is Outcome.SURVIVED]
    tests = frozenset(kills[:1] or lived)
    return Check(target, tests, bool(kills)) if tests else None
