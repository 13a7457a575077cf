"""falsify.fresh: what runs in a process of its own, and what happens when that disagrees."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evidence.engine.falsify.control import Controls
from evidence.engine.falsify.copies import Copy
from evidence.engine.falsify.fresh import Alone, _disagreement
from evidence.engine.falsify.harness import Tried
from evidence.engine.falsify.inside.opened import Opened
from evidence.engine.falsify.lines import Lines
from evidence.engine.falsify.model import Outcome, Trial
from evidence.engine.falsify.plan import Recorded
from evidence.engine.falsify.pool import Worker
from evidence.engine.falsify.server import Answer, ServerDied
from evidence.engine.falsify.trace import Trace
from evidence.engine.run.bench import Bench
from tests.evidence.falsify.rechecked import GATE, check, source_of, target

BENCH = cast(Bench, SimpleNamespace(stop=threading.Event()))


class Fresh:
    """A worker whose fresh processes answer in turn as they are told; a sentence is the end of one.
    Remembers the tests asked, whether it stops, and the files as they were read meanwhile."""

    def __init__(self, root: Path, *answers: Answer | str) -> None:
        opened = Opened(root, (), root / ".git")
        opened.close()
        self.copy = Copy(root, (), root / ".git", opened)
        self.answers, self.died = list(answers), [""]
        self.asked: list[tuple[list[str], bool]] = []
        self.orders: list[Mapping[str, Any]] = []
        self.seen: list[dict[str, str]] = []
        self.told = 0
        for number in range(1, 4):
            (root / f"m{number}.py").write_text(source_of(number), encoding="utf-8")

    @contextmanager
    def fresh(self, tests: Sequence[str]) -> Iterator[Fresh]:
        yield self

    def ask_here(self, orders: Sequence[Mapping[str, Any]], *, stop: bool) -> Answer:
        self.asked.append(([order["test"][-1] for order in orders], stop))
        self.orders += orders
        self.seen.append(self.files())
        answer = self.answers.pop(0)
        if isinstance(answer, str):
            raise ServerDied(answer)
        return answer

    def tell(self) -> None:
        self.told += 1

    def files(self) -> dict[str, str]:
        return {f"m{number}.py": self.copy.read(f"m{number}.py") for number in range(1, 4)}

    @property
    def as_worker(self) -> Worker:
        return cast(Worker, self)


def ended(**outcomes: str) -> Answer:
    """Each test opened a file of its own."""
    trials = tuple({"test": f"t.py::{n}", "outcome": o, "message": ""} for n, o in outcomes.items())
    return Answer(trials, trace=Trace(files=frozenset(outcomes)))


@pytest.mark.parametrize(
    ("was_killed", "outcome", "told"),
    [
        (True, "passed", "killed in a fork and survived in a fresh process (passed)"),
        (False, "assertion", "survived in a fork and killed in a fresh process (assertion)"),
        (True, "setup error", "killed in a fork and survived in a fresh process (setup error)"),
        (True, "crash", ""),
        (False, "passed", ""),
        (True, None, "could not be run again in a fresh process: its tests did not run"),
    ],
)
def test_fresh_process_that_disagrees_is_a_complaint(
    was_killed: bool, outcome: str | None, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials = [{"test": "t.py::a", "outcome": outcome}] if outcome else []
    monkeypatch.setattr(Alone, "_run", lambda *_, **__: Answer(tuple(trials)))
    alone = Alone(GATE, Controls(), Tried())
    one = check(1, runs="a", was_killed=was_killed)
    alone._audit([one], cast(Worker, None))
    assert _disagreement(one, {each["test"]: each["outcome"] for each in trials}, "") == told
    assert alone.audited == 1
    assert len(alone.disagreements) == bool(told)
    assert all(
        f"m1.py:6 None returned ({one.target.mutant.id}) {told}; t.py::a" == line
        for line in alone.disagreements
    )


@pytest.mark.parametrize(
    ("changes", "outcome", "is_told"),
    [
        ({"at_import": True}, "missing", False),
        ({"at_import": True}, None, True),
        ({"at_import": True}, "passed", True),
        ({"at_import": True, "was_killed": False}, None, True),
        ({}, "missing", True),
        ({}, None, True),
    ],
)
def test_a_kill_is_not_denied_where_the_broken_file_cannot_even_be_loaded(
    changes: dict[str, bool], outcome: str | None, is_told: bool
) -> None:
    one = check(1, runs="a", **changes)
    told = _disagreement(one, {"t.py::a": outcome} if outcome else {}, "")
    assert (told != "") is is_told


@pytest.mark.parametrize(
    ("changes", "unbroken", "is_told"),
    [
        ({"at_import": True}, Answer(({"test": "t.py::a", "outcome": "passed"},)), False),
        ({"at_import": True}, "nor does any other", True),
        ({"at_import": True, "was_killed": False}, None, True),
        ({}, None, True),
    ],
)
def test_a_process_that_cannot_start_is_the_broken_files_fault_where_an_unbroken_one_starts(
    changes: dict[str, bool], unbroken: Answer | str | None, is_told: bool, tmp_path: Path
) -> None:
    place = Fresh(tmp_path, "it did not start", *([unbroken] if unbroken else []))
    one, whole = check(1, runs="a", **changes), place.files()
    alone = Alone(GATE, Controls(), Tried())

    alone.audit([[one]], [place.as_worker], BENCH, tell=place.tell)

    assert place.asked == [(["a"], False)] * (2 if unbroken else 1)
    assert place.seen[1:] == ([whole] if unbroken else [])
    assert alone.audited == 1
    assert ["it did not start" in told for told in alone.disagreements] == [True] * is_told


def test_whoever_had_no_turn_is_asked_again_together_and_in_halves_when_nobody_had(
    tmp_path: Path,
) -> None:
    batch = [check(number, runs=name) for number, name in enumerate("abc", 1)]
    hung = Answer(({"test": "t.py::a", "outcome": "timeout"},))
    place = Fresh(tmp_path, hung, "it ended", ended(b="crash"), "it ended")
    alone = Alone(GATE, Controls(), Tried())

    alone.audit([batch], [place.as_worker], BENCH, tell=place.tell)

    assert [tests for tests, _ in place.asked] == [["a", "b", "c"], ["b", "c"], ["b"], ["c"]]
    assert (alone.audited, place.told) == (3, 1)
    [told] = alone.disagreements
    assert "m3.py" in told


@pytest.mark.parametrize("alone_it", ["assertion", "setup error"])
@pytest.mark.parametrize("among_others", [None, "setup error", "passed"])
def test_mutant_that_disagrees_among_others_is_asked_by_itself_before_that_is_told(
    among_others: str | None, alone_it: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def answer(self: Alone, targets: Any, tests: list[str], worker: Any, *, stop: bool) -> Answer:
        asked.append(tests)
        ended = {"t.py::a": "timeout", "t.py::b": among_others if len(tests) > 1 else alone_it}
        return Answer(tuple({"test": t, "outcome": ended[t]} for t in tests if ended[t]))

    monkeypatch.setattr(Alone, "_run", answer)
    alone = Alone(GATE, Controls(), Tried())
    alone._audit([check(1, runs="a"), check(2, runs="b")], cast(Worker, None))

    assert asked == [["t.py::a", "t.py::b"], ["t.py::b"]]
    assert alone.audited == 2
    assert len(alone.disagreements) == (alone_it == "setup error")


@pytest.mark.parametrize(("at_import", "asked"), [(False, "ba"), (True, "bca")])
def test_who_may_notice_an_edited_file_is_asked_in_a_process_of_its_own(
    at_import: bool, asked: str, tmp_path: Path
) -> None:
    """Whoever runs the line or starts processes, small tests first; all who load the file when the
    line runs as it is loaded. Not who is red, and not who another gate ran."""
    runs = {f"t.py::{name}": (f"t.py::{name}",) for name in "ade"}
    one = replace(target(1, runs="abcde", at_import=at_import), cases=runs)
    lines = Lines(sizes={"t.py::a": 100})
    recorded = Recorded(GATE.gate, {f"t.py::{name}": 0.1 for name in "abcd"}, lines)
    controls = Controls({f"t.py::{n}": 1.0 for n in "abce"}, {"t.py::d": "red"}, {"t.py::b"})
    place = Fresh(tmp_path, ended(b="passed", a="assertion"))
    alone, whole = Alone(recorded, controls, Tried()), place.files()

    alone.try_all([one], [place.as_worker], BENCH, tell=place.tell)

    assert place.asked == [(list(asked), True)]
    assert {order["deadline_s"] for order in place.orders} == {14.0}
    assert place.seen == [whole | {"m1.py": one.mutant.text}]
    assert place.files() == whole
    assert alone.problems == {one.mutant.id: ""}
    trials = [(trial.test, trial.outcome.value) for trial in alone.tried.trials[one.mutant.id]]
    assert trials == [("t.py::b", "survived"), ("t.py::a", "assertion")]
    assert place.told == 1


def test_what_lived_in_a_fork_is_asked_again_until_each_claim_has_its_kill(tmp_path: Path) -> None:
    one = target(1, runs="abc")
    claims = {f"TILL-0{number}": frozenset({f"t.py::{n}"}) for number, n in enumerate("abc")}
    one, tried = replace(one, claims=claims), Tried()
    tried.add(one.mutant.id, Trial("t.py::a", Outcome.SURVIVED))
    tried.add(one.mutant.id, Trial("t.py::b", Outcome.CRASH))
    place = Fresh(tmp_path, ended(a="assertion"), ended(c="crash"))
    controls = Controls(dict(GATE.seconds))
    controls.traces = {f"t.py::{n}": Trace(frozenset({f"m1.py::{n}"})) for n in "abc"}
    alone = Alone(GATE, controls, tried)

    alone.try_all([one], [place.as_worker], BENCH, tell=place.tell)

    assert place.asked == [(["a", "c"], True), (["c"], True)]
    # It hangs on where those that were asked went, here and on unbroken code.
    went = Trace(frozenset({"m1.py::a", "m1.py::c"}), frozenset("ac"))
    assert tried.traces == {one.function: went}
    kept = [(trial.test[-1], trial.outcome.value) for trial in tried.trials[one.mutant.id]]
    assert kept == [("b", "crash"), ("a", "assertion"), ("c", "crash")]
    # What is killed for every claim is asked of nobody.
    alone.try_all([one], [place.as_worker], BENCH, tell=place.tell)
    assert len(place.asked) == 2
    assert alone.problems == {one.mutant.id: ""}


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("it did not start", "it did not start"),
        (Answer((), died="it ended"), "it ended"),
        (Answer(()), "its tests did not run"),
    ],
)
def test_process_of_its_own_that_dies_tries_nothing_and_says_why(
    answer: Answer | str, problem: str, tmp_path: Path
) -> None:
    place, one = Fresh(tmp_path, answer), target(1, runs="ab")
    controls = Controls(dict(GATE.seconds))
    controls.traces = {f"t.py::{n}": Trace() for n in "ab"}
    alone = Alone(GATE, controls, Tried())
    alone.try_all([one], [place.as_worker], BENCH, tell=place.tell)
    assert alone.tried.traces == {one.function: None}
    assert alone.problems == {one.mutant.id: f"in a process of its own: {problem}"}
    assert not alone.tried.trials.get(one.mutant.id)
    assert len(place.asked) == 1


def test_mutants_of_a_batch_are_broken_together_and_each_is_counted(tmp_path: Path) -> None:
    place = Fresh(tmp_path, ended(a="assertion", b="passed"), "it did not start")
    first, second, third = (
        check(1, runs="a"),
        check(2, runs="b", was_killed=False),
        check(3, runs="c"),
    )
    alone, whole = Alone(GATE, Controls(), Tried()), place.files()

    alone.audit([[first, second], [third]], [place.as_worker], BENCH, tell=place.tell)

    assert place.asked == [(["a", "b"], False), (["c"], False)]
    broken = {each.target.mutant.path: each.target.mutant.text for each in (first, second)}
    assert place.seen[0] == whole | broken
    assert place.files() == whole
    assert (alone.audited, place.told) == (3, 2)
    [told] = alone.disagreements
    assert "m3.py" in told
    assert "could not be run again in a fresh process: it did not start" in told
