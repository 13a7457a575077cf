"""falsify.stage: what is known of where mutants led, over all of a function's; what is told."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from evidence.engine.falsify.harness import Tried
from evidence.engine.falsify.mutants import mutants_of
from evidence.engine.falsify.plan import Plan, Target
from evidence.engine.falsify.server import Ready, Server
from evidence.engine.falsify.stage import _counted, _entered, _Work
from evidence.engine.run.listener import Silent

SOURCE = "def f(a):\n    return a + 1\n"
TARGETS = [
    Target(each, {"TILL-01": frozenset({"t.py::a"})}, {}, (), (2, 2))
    for each in mutants_of(path="m.py", source=SOURCE, name="f")
]
ONE, OTHER = (target.mutant.id for target in TARGETS[:2])


@pytest.mark.parametrize(
    ("told", "fresh", "entered"),
    [
        ([], {}, frozenset()),
        ([(ONE, {"a"}), (OTHER, {"b"}), (ONE, {"c"})], {}, {"a", "b", "c"}),
        ([(ONE, {"a"}), (ONE, None), (ONE, {"c"})], {}, None),
        ([(ONE, None), (OTHER, {"b"})], {}, None),
        ([(ONE, {"a"})], {OTHER: ""}, None),
        ([("another's", None), (ONE, {"a"})], {"another's": ""}, {"a"}),
    ],
)
def test_what_was_entered_is_known_over_all_forks_or_not_at_all(
    told: list[tuple[str, set[str] | None]], fresh: dict[str, str], entered: set[str] | None
) -> None:
    tried = Tried()
    for mutant, functions in told:
        tried.has_entered(mutant, None if functions is None else frozenset(functions))
    assert _entered(TARGETS, _Work(Plan(), tried=tried, fresh=fresh)) == entered


def test_no_worker_forgets_what_another_notes_at_the_same_moment() -> None:
    class Noted(dict[str, frozenset[str] | None]):
        def __setitem__(self, mutant: str, functions: frozenset[str] | None) -> None:
            assert lock.locked()
            super().__setitem__(mutant, functions)

    lock = threading.Lock()
    tried = Tried(entered=Noted(), _lock=lock)
    tried.has_entered(ONE, frozenset("a"))
    assert tried.entered == {ONE: {"a"}}
    assert not lock.locked()


def trial(*numbers: int, starts: bool = False) -> dict[str, Any]:
    return {"starts": starts, "entered": list(numbers)}


@pytest.mark.parametrize(
    ("trials", "entered"),
    [
        ([trial(0)], {"m.py::f", "m.py::unseen"}),
        ([trial(), trial(0, 1)], {"m.py::f", "m.py::g", "m.py::unseen"}),
        ([trial(starts=True), trial(0)], None),
        ([trial(0), {"starts": False, "entered": None}], None),
        ([], None),
    ],
)
def test_a_server_tells_names_or_that_nobody_knows(
    trials: list[dict[str, Any]], entered: set[str] | None
) -> None:
    server = Server.__new__(Server)
    server.ready = Ready(watched=("m.py::f", "m.py::g"), unseen=frozenset({"m.py::unseen"}))
    assert server._entered(trials) == entered


def test_it_is_told_how_many_are_done_and_the_end_however_it_came() -> None:
    heard: list[object] = []

    class Ear(Silent):
        def progress(self, what: str, done: int, of: int) -> None:
            heard.append((what, done, of))

    with _counted(Ear(), "pieces", 3) as one_more:
        one_more()
        one_more()
    assert heard == [("pieces", number, 3) for number in range(4)]
