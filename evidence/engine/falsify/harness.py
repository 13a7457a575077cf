"""Break each claim's code in every way there is, and see which of the cited tests notice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evidence.engine.falsify.control import PASSED, Controls
from evidence.engine.falsify.model import MutantRun, Outcome, Trial
from evidence.engine.falsify.plan import Plan, Recorded, Target
from evidence.engine.falsify.pool import Worker, hand_out
from evidence.engine.falsify.server import Answer, ServerDied
from evidence.engine.falsify.trace import NOTHING, Trace, joined
from evidence.engine.run.bench import Bench

_FEW = 3  # Tests asked in one fork.
_SLOW_S = 1.0  # A test that took longer is asked when those before it have not noticed.
_PATIENT = 3.0  # A timeout is believed when three times the deadline changes nothing.


@dataclass
class Tried:
    """What became of each mutant so far, by id. `unforked` says why a fork could not try it, and
    `traces` tell, by function, where the trials of its mutants went, on unbroken code too."""

    trials: dict[str, list[Trial]] = field(default_factory=dict)
    unforked: dict[str, str] = field(default_factory=dict)
    traces: dict[str, Trace | None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, mutant: str, trial: Trial) -> None:
        with self._lock:
            self.trials.setdefault(mutant, []).append(trial)

    def went(self, target: Target, trace: Trace | None) -> None:
        with self._lock:
            before = self.traces.get(target.function, NOTHING)
            self.traces[target.function] = joined((before, trace))

    def cannot(self, mutant: str, why: str) -> None:
        with self._lock:
            self.unforked[mutant] = why

    def unsatisfied(self, target: Target, tests: list[str]) -> list[str]:
        """Those that some claim cites which has no kill yet, and that were not tried yet."""
        done = {trial.test for trial in self.trials.get(target.mutant.id, [])}
        wanted = frozenset().union(*self._wanting(target))
        return [test for test in tests if test in wanted and test not in done]

    def is_wanting(self, target: Target) -> bool:
        """True when some claim's tests have not killed it."""
        return bool(self._wanting(target))

    def keep_kills(self, mutant: str) -> None:
        """What did not notice in a fork may be asked again."""
        with self._lock:
            kept = [trial for trial in self.trials.get(mutant, []) if trial.outcome.is_kill]
            self.trials[mutant] = kept

    def _wanting(self, target: Target) -> list[frozenset[str]]:
        trials = self.trials.get(target.mutant.id, [])
        killers = {trial.test for trial in trials if trial.outcome.is_kill}
        return [cited for cited in target.claims.values() if not cited & killers]


def try_mutants(
    plan: Plan,
    recorded: Recorded,
    controls: Controls,
    workers: tuple[Worker, ...],
    tried: Tried,
    *,
    bench: Bench,
    tell: Callable[[], None],
) -> None:
    """Every mutant that this gate's tests may notice, each in forks of its own."""

    def try_all(unit: Sequence[Target], worker: Worker) -> None:
        kills = _Kills()
        for target in unit:
            try:
                _Attempt(target, recorded, controls, tried, worker, kills).make()
            except ServerDied as error:
                if worker.is_last_life:
                    raise
                worker.bury(str(error))
            tell()

    hand_out(_by_unit(plan.targets.values()), workers, try_all, bench=bench)


def _by_unit(targets: Iterable[Target]) -> list[list[Target]]:
    """The mutants of each function together, the most first: one worker tries them in turn, so
    that whoever killed one is asked first about the next, and two builds ask in the same order."""
    units: dict[tuple[str, str], list[Target]] = {}
    for target in targets:
        units.setdefault((target.mutant.path, target.mutant.unit), []).append(target)
    return sorted(units.values(), key=len, reverse=True)


@dataclass
class _Kills:
    """Of the mutants of one function so far, by test and by case of a test."""

    tests: Counter[str] = field(default_factory=Counter)
    cases: Counter[str] = field(default_factory=Counter)

    def add(self, test: str, case: str) -> None:
        self.tests[test] += 1
        self.cases[case] += 1

    def first(self, cases: Iterable[str]) -> list[str]:
        """Those that killed, the most first: a test ends with its first case that fails."""
        killed = (case for case in cases if self.cases[case])
        return sorted(killed, key=lambda case: (-self.cases[case], case))


@dataclass
class _Attempt:
    """One mutant in one worker, and what was killed of its function before."""

    target: Target
    recorded: Recorded
    controls: Controls
    tried: Tried
    worker: Worker
    kills: _Kills

    def make(self) -> None:
        """Run tests, those that killed the most and then the smallest first, and slow ones last,
        until each claim has a kill or no test is left."""
        mutant = self.target.mutant
        try:
            for tests in (self._running(), self._others()):
                self._try(self.tried.unsatisfied(self.target, tests))
        except ServerDied as error:
            self.tried.cannot(mutant.id, f"the fork server died: {error}")
            raise

    def _try(self, left: list[str]) -> None:
        mutant = self.target.mutant
        is_running = left and left[0] in self.target.cases
        while left and mutant.id not in self.tried.unforked:
            first = self._few(left)
            left = left[len(first) :]
            green = [test for test in first if self.controls.green(test, self.worker)]
            for test in first:
                self.tried.went(self.target, self.controls.traces.get(test))
            asked = [test for test in green if is_running or test in self.controls.starters]
            with self.worker.copy.broken(mutant.path, mutant.text):
                while asked and mutant.id not in self.tried.unforked:
                    asked = self._after(self._ask(asked), asked)
            left = self.tried.unsatisfied(self.target, left)

    def _running(self) -> list[str]:
        """Tests of this gate that run the line."""
        cases = self.target.cases
        mine = [test for test in self.target.tests if test in self.recorded.seconds]
        running = (test for test in mine if test in cases)
        return sorted(running, key=lambda test: self._rank(test, cases[test]))

    def _others(self) -> list[str]:
        """Those that do not; processes that they start may."""
        mine = [test for test in self.target.tests if test in self.recorded.seconds]
        others = (test for test in mine if test not in self.target.cases)
        return sorted(others, key=lambda test: self._rank(test, ()))

    def _few(self, left: list[str]) -> list[str]:
        """Few at a time, and a slow one not behind others, for whoever comes after a kill needs no
        turn on unbroken code either."""
        few = left[:1]
        for test in left[1:_FEW]:
            if self.recorded.seconds[test] > _SLOW_S:
                break
            few.append(test)
        return few

    def _rank(self, test: str, cases: Sequence[str]) -> tuple[bool, int, int, str]:
        is_slow, size, name = self.recorded.rank(test, cases)
        return is_slow, -self.kills.tests[test], size, name

    def _ask(self, tests: list[str], *, patience: float = 1.0) -> Answer:
        mutant, copy = self.target.mutant, self.worker.copy
        orders = [self._order(test, self.target.cases.get(test, ()), patience) for test in tests]
        broken = {
            "file": str(copy.root / mutant.path),
            "unit": mutant.unit,
            "first_line": mutant.first_line,
            "text": mutant.text,
            "around": mutant.around,
            "undecorated": mutant.undecorated,
        }
        return self.worker.server.ask(orders, broken, stop=True)

    def _order(self, test: str, cases: Sequence[str], patience: float) -> dict[str, Any]:
        return self.controls.order(test, cases, first=self.kills.first(cases), patience=patience)

    def _after(self, answer: Answer, asked: list[str]) -> list[str]:
        """Take down what was said; what to ask next."""
        mutant = self.target.mutant.id
        self.tried.went(self.target, answer.trace)
        if answer.cannot:
            self.tried.cannot(mutant, f"it cannot be put in place in a fork: {answer.cannot}")
            return []
        if answer.died:
            self.tried.cannot(mutant, f"its fork died: {answer.died}")
            self._check_server(asked[len(answer.trials)])
            return []
        for told in answer.trials:
            trial = trial_of(told)
            if trial.outcome is Outcome.TIMEOUT:
                trial = self._confirmed(trial)
            self.tried.add(mutant, trial)
            if trial.outcome.is_kill:
                self.kills.add(trial.test, told["case"])
        return self.tried.unsatisfied(self.target, asked)

    def _confirmed(self, late: Trial) -> Trial:
        """A machine that is busy is late too, so a timeout has to happen again with more time."""
        self._check_server(late.test)
        answer = self._ask([late.test], patience=_PATIENT)
        self.tried.went(self.target, answer.trace)
        self._check_server(late.test)
        return trial_of(answer.trials[-1]) if answer.trials else late

    def _check_server(self, test: str) -> None:
        """A child that was cut off may have left something behind, in a database say, that only
        another server is free of. Where the test is red there too, something else is wrong."""
        with self.worker.copy.mended():
            if self.controls.is_sound(test, self.worker):
                return
            self.worker.renew()
            if not self.controls.is_sound(test, self.worker):
                self.worker.bury(f"{test} was red on unbroken code after a mutant was cut off")


# A test that was skipped has noticed nothing.
_OUTCOMES = {PASSED: Outcome.SURVIVED, "skipped": Outcome.SURVIVED, "missing": Outcome.SURVIVED}


def trial_of(told: Mapping[str, Any]) -> Trial:
    """A trial as a server told it."""
    outcome = _OUTCOMES.get(told["outcome"]) or Outcome(told["outcome"])
    return Trial(told["test"], outcome, told["message"])


def as_runs(plan: Plan, tried: Tried, fresh: Mapping[str, str]) -> tuple[MutantRun, ...]:
    """The record of every mutant of the plan, tried or not; `fresh` names those tried in fresh
    processes, with what was in their way there."""
    everything = (*plan.targets.values(), *plan.untried.values())
    return tuple(_run(target, tried, fresh) for target in everything)


def _run(target: Target, tried: Tried, fresh: Mapping[str, str]) -> MutantRun:
    mutant = target.mutant
    was_fresh = mutant.id in fresh
    return MutantRun(
        id=mutant.id,
        path=mutant.path,
        unit=mutant.unit,
        line=mutant.line,
        operator=mutant.operator.value,
        symbol=mutant.symbol,
        diff=target.diff,
        trials=tuple(tried.trials.get(mutant.id, ())),
        fresh=was_fresh,
        why=fresh.get(mutant.id, "") if was_fresh else tried.unforked.get(mutant.id, ""),
    )
