"""falsify.fresh: what is run again, what may share a process, and what happens on disagreement."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evidence.engine.falsify.control import Controls
from evidence.engine.falsify.fresh import Alone, Check, choose, in_batches
from evidence.engine.falsify.harness import Tried
from evidence.engine.falsify.inside.fork import open_connections
from evidence.engine.falsify.lines import Lines
from evidence.engine.falsify.model import Outcome, Trial
from evidence.engine.falsify.mutants import merged, mutants_of
from evidence.engine.falsify.plan import Plan, Recorded, Target
from evidence.engine.falsify.pool import Worker
from evidence.engine.falsify.server import Answer
from evidence.engine.mistakes import Place
from evidence.engine.register.model import Gate

GATE = Recorded(
    Gate("tests", "They pass.", Place("gates.yml")), {f"t.py::{n}": 0.1 for n in "abc"}, Lines()
)


def target(number: int, *, runs: str = "a", path: str = "", at_import: bool = False) -> Target:
    source = "\n" * 4 * number + f"def f(x):\n    return x + {number}\n"
    mutant = mutants_of(path=path or f"m{number}.py", source=source, name="f")[0]
    tests = {f"t.py::{name}" for name in runs}
    return Target(
        mutant=mutant,
        claims={"TILL-01": frozenset(tests)},
        cases={test: (test,) for test in tests},
        diff=(),
        span=(mutant.line, mutant.line),
        at_import=at_import,
    )


UNCITED: dict[str, tuple[str, ...]] = {}  # Tests that run a mutant's line and are not cited for it.


def check(
    number: int, *, runs: str, also: str = "", was_killed: bool = True, **changes: Any
) -> Check:
    one = target(number, runs=runs, **changes)
    UNCITED[one.mutant.id] = tuple(f"t.py::{name}" for name in also)
    return Check(one, frozenset({f"t.py::{runs[0]}"}), was_killed)


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
    assert alone.audited == 1
    assert len(alone.disagreements) == bool(told)
    assert all(
        f"m1.py:6 None returned ({one.target.mutant.id}) {told}; t.py::a" == line
        for line in alone.disagreements
    )


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


@pytest.mark.parametrize(
    ("one", "other", "batches"),
    [
        (check(1, runs="a"), check(2, runs="b"), 1),
        (check(1, runs="ab"), check(2, runs="b"), 2),
        (check(1, runs="a", path="m.py"), check(2, runs="b", path="m.py"), 1),
        (check(1, runs="a"), check(2, runs="b", also="a", path="also.py"), 2),
        (check(1, runs="a", at_import=True), check(2, runs="b"), 2),
        (check(1, runs="c"), check(2, runs="b"), 2),
    ],
)
def test_mutants_share_a_process_only_when_their_tests_run_apart(
    one: Check, other: Check, batches: int
) -> None:
    lines = Lines()
    for each, runs in ((one, one.target.cases), (other, other.target.cases)):
        for case in (*runs, *UNCITED.get(each.target.mutant.id, ())):
            lines.ran[each.target.mutant.path][case] = 1 << each.target.mutant.line
    recorded = Recorded(GATE.gate, GATE.seconds, lines)
    assert len(in_batches([one, other], recorded, {"t.py::c"})) == batches


def test_the_sample_is_seeded_and_holds_each_claims_first_kill() -> None:
    targets = [target(number) for number in range(1, 61)]
    ids = [each.mutant.id for each in targets]
    plan = Plan(
        claims={"TILL-01": ("not in the sample", *ids[:30]), "TILL-02": tuple(ids[30:])},
        targets=dict(zip(ids, targets, strict=True)),
    )
    tried = Tried()
    for number, mutant in enumerate(ids):
        outcome = Outcome.SURVIVED if number == 0 else Outcome.ASSERTION
        tried.add(mutant, Trial("t.py::a", outcome))

    chosen = {each.target.mutant.id for each in choose(plan, GATE, tried, "seed")}
    again = {each.target.mutant.id for each in choose(plan, GATE, tried, "seed")}
    other = {each.target.mutant.id for each in choose(plan, GATE, tried, "another")}

    assert chosen == again != other
    assert {ids[1], ids[30]} <= chosen
    assert len(chosen) >= 3


def test_open_connection_is_seen_and_told() -> None:
    controls = Controls()
    with socket.create_server(("127.0.0.1", 0)) as server:
        before = open_connections(but=-1)
        with socket.create_connection(server.getsockname()) as connection:
            found = [each for each in open_connections(but=-1) if each not in before]
            assert found == [f"127.0.0.1:{server.getsockname()[1]}"]
            assert open_connections(but=connection.fileno()) == before
    controls._complain_of(found)
    assert list(controls.complaints) == [
        f"The session's set-up leaves a connection to {found[0]} open, which all forks would "
        "share; close it with os.register_at_fork(before=…)."
    ]


def test_worker_that_cannot_start_leaves_its_tests_red() -> None:
    controls = Controls()
    bench: Any = SimpleNamespace(stop=SimpleNamespace(is_set=lambda: True, set=lambda: None))
    controls.before(["t.py::a"], [], bench)
    assert controls.red == {"t.py::a": "no fork server lived to run it"}


def test_edits_of_several_mutants_stand_in_one_text() -> None:
    source = "def f(a, b):\n    if a < b:\n        return a\n    return b - 1\n"
    mutants = mutants_of(path="m.py", source=source, name="f")
    by_edit = {mutant.diff(source)[-1]: mutant.text for mutant in mutants}
    texts = [by_edit["+    if a <= b:"], by_edit["+    return b + 1"]]
    assert merged(source, texts) == (
        "def f(a, b):\n    if a <= b:\n        return a\n    return b + 1\n"
    )
    assert merged(source, []) == source
