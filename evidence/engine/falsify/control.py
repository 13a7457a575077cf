"""Tests on unbroken code, under the harness itself: only who is green there may take a kill."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from evidence.engine.falsify.pool import Worker, hand_out
from evidence.engine.falsify.server import ServerDied
from evidence.engine.falsify.trace import Trace
from evidence.engine.run.bench import Bench

PASSED = "passed"
_FIRST_S = 60.0  # The deadline of a test that nobody has measured yet.
_LEAST_S, _TIMES = 2.0, 5.0  # A broken one may take this, and so many times what it took unbroken.
_BATCH, _BATCH_S = 25, 2.0  # Tests that are asked again in one fork, and how long they may take.


@dataclass
class Controls:
    """What unbroken code came to, by test: seconds when green, why not when red.

    `starters` are tests that started processes, which see a broken file and not a broken function.
    `flaky` ended differently on the same code; they are red too. `traces` tell where each went when
    it was asked first. `complaints` are about forks.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    red: dict[str, str] = field(default_factory=dict)
    starters: set[str] = field(default_factory=set)
    flaky: set[str] = field(default_factory=set)
    complaints: dict[str, None] = field(default_factory=dict)
    traces: dict[str, Trace | None] = field(default_factory=dict)
    # Workers share these; each is changed in one step only, so that no lock is needed around it.
    _turns: dict[str, threading.Lock] = field(default_factory=dict)

    def is_green(self, test: str) -> bool:
        return test in self.seconds and test not in self.red

    def order(
        self,
        test: str,
        cases: Sequence[str] = (),
        *,
        first: Sequence[str] = (),
        patience: float = 1.0,
    ) -> dict[str, Any]:
        """How a server is asked to run it; with these of its cases before the others."""
        clean = self.seconds.get(test)
        deadline = _FIRST_S if clean is None else _LEAST_S + _TIMES * clean
        told = {"test": test, "cases": list(cases), "first": list(first)}
        return {**told, "deadline_s": deadline * patience}

    def is_known(self, test: str) -> bool:
        return test in self.seconds or test in self.red

    def before(self, tests: Iterable[str], workers: Sequence[Worker], bench: Bench) -> None:
        """Each test in a fork of its own, for of several nobody could say who went where; a red one
        once more."""
        new = sorted(test for test in tests if not self.is_known(test))
        hand_out(new, workers, self._first, bench=bench)
        for test in (each for each in new if not self.is_known(each)):
            self.red[test] = "no fork server lived to run it"

    def green(self, test: str, worker: Worker) -> bool:
        """Whether it is green, after it had its turn in this worker if it had none yet, for most
        tests are never asked about a mutant. Raises ServerDied."""
        with self._turns.setdefault(test, threading.Lock()):
            if not self.is_known(test):
                try:
                    self._first(test, worker)
                except ServerDied as error:
                    self.red[test] = f"the fork server died: {error}"
                    raise
        return self.is_green(test)

    def after(self, tests: Iterable[str], workers: Sequence[Worker], bench: Bench) -> None:
        """Whoever took kills once more: one that is red now takes none."""
        green = [test for test in tests if self.is_green(test)]
        hand_out(_in_batches(green, self.seconds), workers, self._again, bench=bench)

    def is_sound(self, test: str, worker: Worker) -> bool:
        """True when the test is green in the worker's server now, whatever went before."""
        answer = worker.server.ask([self.order(test)], None, stop=True)
        return _passed(next(iter(answer.trials), None))

    def _first(self, test: str, worker: Worker) -> None:
        answer = worker.server.ask([self.order(test)], None, stop=True)
        self._complain_of(answer.connected)
        self.traces[test] = answer.trace
        ended = next(iter(answer.trials), None)
        if not self._is_green(ended):
            # That it went another way may be why.
            self.traces[test] = None
            self._once_more(test, ended, worker)

    def _once_more(self, test: str, before: Mapping[str, Any] | None, worker: Worker) -> None:
        """Whoever passes now, and ended otherwise before, is not to be trusted; `before` is None
        for a test that never had its turn, for its fork ended."""
        answer = worker.server.ask([self.order(test)], None, stop=True)
        is_green = self._is_green(next(iter(answer.trials), None))
        if is_green and before is not None:
            said = _said([before], "")
            self._is_flaky(test, f"it failed ({said}) and then passed by itself")
        elif not is_green:
            self.red[test] = _said(answer.trials, answer.died)

    def _is_green(self, trial: Mapping[str, Any] | None) -> bool:
        """Takes down what a green test took."""
        if _passed(trial):
            if trial["starts"]:
                self.starters.add(trial["test"])
            self.seconds[trial["test"]] = trial["elapsed_s"]
        return _passed(trial)

    def _again(self, tests: Sequence[str], worker: Worker) -> None:
        answer = worker.server.ask([self.order(test) for test in tests], None, stop=False)
        ended = {trial["test"]: trial for trial in answer.trials}
        for test in tests:
            # One that went before it in the same fork may be to blame.
            if not _passed(ended.get(test)) and not self.is_sound(test, worker):
                self._is_flaky(test, "it passed before mutants were tried and failed after that")

    def _is_flaky(self, test: str, why: str) -> None:
        self.flaky.add(test)
        self.red[test] = f"flaky: {why}"

    def _complain_of(self, connected: Sequence[str]) -> None:
        for place in connected:
            self.complaints[
                f"The session's set-up leaves a connection to {place} open, which all forks "
                "would share; close it with os.register_at_fork(before=…)."
            ] = None


def _in_batches(tests: Iterable[str], seconds: Mapping[str, float]) -> list[list[str]]:
    """Long ones first and never many of them, so that no worker has them all while others wait."""
    batches: list[list[str]] = []
    took = _BATCH_S
    for test in sorted(tests, key=lambda test: (-seconds[test], test)):
        if took >= _BATCH_S or len(batches[-1]) == _BATCH:
            batches.append([])
            took = 0.0
        batches[-1].append(test)
        took += seconds[test]
    return batches


def _passed(trial: Mapping[str, Any] | None) -> TypeGuard[Mapping[str, Any]]:
    return trial is not None and trial["outcome"] == PASSED


def _said(trials: Sequence[Mapping[str, Any]], died: str) -> str:
    """Why the last of them is not green."""
    if died:
        return f"its fork died: {died}"
    if not trials or trials[-1]["outcome"] == "missing":
        return "it was not collected"
    outcome, message = trials[-1]["outcome"], trials[-1]["message"]
    return f"{outcome}: {message}" if message else str(outcome)
