"""falsify.stage: where the trials of all of a function's mutants went; what is told."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from evidence.engine.falsify.harness import Tried
from evidence.engine.falsify.mutants import mutants_of
from evidence.engine.falsify.plan import Target
from evidence.engine.falsify.server import Ready, Server
from evidence.engine.falsify.stage import _counted
from evidence.engine.falsify.trace import Shared, Trace
from evidence.engine.run.listener import Silent

SOURCE = "def f(a):\n    return a + 1\n"
TARGETS = [
    Target(each, {"TILL-01": frozenset({"t.py::a"})}, {}, (), (2, 2))
    for each in mutants_of(path="m.py", source=SOURCE, name="f")
]
ONE, OTHER = TARGETS[:2]
ELSEWHERE = replace(ONE, mutant=replace(ONE.mutant, unit="g"))


A, B = Trace(frozenset({"m.py::a"})), Trace(files=frozenset({"m.py"}))
BOTH = Trace(A.functions, B.files)


@pytest.mark.parametrize(
    ("told", "trace"),
    [
        ([(ONE, A), (OTHER, B), (ONE, A)], BOTH),
        ([(ONE, A), (ONE, B)], BOTH),
        ([(ONE, A), (OTHER, None), (ONE, B)], None),
        ([(ONE, None), (OTHER, B)], None),
    ],
)
def test_where_trials_went_is_known_of_all_of_a_functions_or_not_at_all(
    told: list[tuple[Target, Trace | None]], trace: Trace | None
) -> None:
    tried = Tried()
    for target, each in told:
        tried.went(target, each)
    assert tried.traces == {"m.py::f": trace}
    tried.went(ELSEWHERE, B)
    assert tried.traces == {"m.py::f": trace, "m.py::g": B}


def test_no_worker_forgets_what_another_notes_at_the_same_moment() -> None:
    class Noted(dict[str, Trace | None]):
        def __setitem__(self, function: str, trace: Trace | None) -> None:
            assert lock.locked()
            super().__setitem__(function, trace)

    lock = threading.Lock()
    tried = Tried(traces=Noted(), _lock=lock)
    tried.went(ONE, A)
    assert tried.traces == {"m.py::f": A}
    assert not lock.locked()


class Opened:
    """A copy whose files were opened so."""

    def __init__(self, files: set[str] | None) -> None:
        self.opened, self._files = self, files

    def told(self) -> frozenset[str] | None:
        return None if self._files is None else frozenset(self._files)

    def forget(self) -> None: ...


def server(files: set[str] | None, noted: tuple[str, ...] = (), **env: str) -> Server:
    found = Server.__new__(Server)
    found.ready, found.copy = Ready(noted=noted), Opened(files)  # type: ignore[assignment]
    clean = SimpleNamespace(clean=lambda text: text)
    found._place = SimpleNamespace(env=env, cleaner=clean)  # type: ignore[assignment]
    return found


@pytest.mark.parametrize(
    ("numbers", "files", "trace"),
    [
        ([[0]], {"page.html"}, Trace(frozenset({"m.py::f"}), frozenset({"page.html"}))),
        # What a fork loaded by itself has numbers of its own, and was opened.
        ([[0], [1, 2]], {"n.py"}, Trace(frozenset({"m.py::f", "m.py::g"}), frozenset({"n.py"}))),
        ([], {"page.html"}, Trace(files=frozenset({"page.html"}))),
        ([[0], None], set(), None),
        ([None, [0]], set(), None),
        ([[0]], None, None),
    ],
)
def test_a_server_tells_where_a_fork_went_or_that_nobody_knows(
    numbers: list[list[int] | None], files: set[str] | None, trace: Trace | None
) -> None:
    trials: list[dict[str, Any]] = [{"entered": each, "fixtures": []} for each in numbers]
    assert server(files, ("m.py::f", "m.py::g"))._trace(trials) == trace
    # What was compiled may have been found where nobody looks.
    elsewhere = server(files, ("m.py::f", "m.py::g"), PYTHONPYCACHEPREFIX="/cache")
    assert elsewhere._trace(trials) is None


@pytest.mark.parametrize(("died", "is_known"), [("", True), ("it was ended", False)])
def test_of_a_fork_that_died_nobody_knows_where_it_went(
    died: str, is_known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def exchange(self: Server, order: Any, within_s: float) -> dict[str, Any]:
        asked.append(order)
        return {"trials": [], "cannot": "", "died": died, "connected": []}

    monkeypatch.setattr(Server, "_exchange", exchange)
    answer = server({"m.py"}).ask([], None, stop=True)
    assert answer.trace == (Trace(files=frozenset({"m.py"})) if is_known else None)
    assert len(asked) == 1


def test_a_fork_hangs_on_the_fixtures_that_it_uses() -> None:
    """Not on one that it set up itself, for that it went through before our eyes."""
    found = server({"page.html"}, ("m.py::f", "m.py::g"))
    found.ready = replace(found.ready, fixtures=(A, B))
    trials = [{"entered": [0], "fixtures": [1]}, {"entered": [], "fixtures": [1, 2]}]
    trace = Trace(frozenset({"m.py::f"}), frozenset({"page.html", "m.py"}))
    assert found._trace(trials) == trace
    assert found._trace([{"entered": [], "fixtures": [0, 1]}]) == Trace(
        A.functions, frozenset({"page.html", "m.py"})
    )


NOTED = ["m.py::f", "m.py::g", "n.py::f"]


def made(
    *entered: int, read: Sequence[str] = (), starts: bool = False, uses: Sequence[int] = ()
) -> dict[str, Any]:
    return {"entered": list(entered), "read": read, "starts": starts, "uses": uses}


def test_a_fixture_went_where_those_went_that_it_uses() -> None:
    """One that started a process may have had anything opened."""
    fixtures = [made(0, read=["page.html"]), made(2, uses=[0]), made(starts=True), made(uses=[2])]
    opened = {"m.py", "n.py", "page.html", "data.csv"}
    found = list(server(opened)._fixtures({"noted": NOTED, "fixtures": fixtures}))
    read = Trace(frozenset({"m.py::f"}), frozenset({"page.html"}))
    assert found[:2] == [read, Trace(frozenset({"m.py::f", "n.py::f"}), read.files)]
    assert found[2:] == [Trace(files=frozenset(opened))] * 2


@pytest.mark.parametrize(
    ("told", "files", "noted"),
    [
        pytest.param({}, {"m.py", "n.py"}, NOTED, id="loaded"),
        pytest.param({"read": ["n.py", "a.csv"]}, {"m.py", "n.py", "a.csv"}, NOTED[:2], id="read"),
        pytest.param({"opened": ["a.csv"]}, {"m.py", "n.py", "a.csv"}, NOTED, id="nobody knows"),
        pytest.param(
            {"opened": ["a.csv"], "fixtures": [made(read=["a.csv"])]},
            {"m.py", "n.py"},
            NOTED,
            id="read by a fixture",
        ),
        pytest.param(
            {"fixtures": [made(read=["m.py"])]}, {"m.py", "n.py"}, NOTED, id="loaded, and read too"
        ),
        pytest.param(
            {"opened": ["a.csv"], "fixtures": [made(starts=True)]},
            {"m.py", "n.py", "a.csv"},
            NOTED,
            id="opened by a fixture's process perhaps",
        ),
        pytest.param(
            {"opened": ["a.csv"], "starts": True},
            {"m.py", "n.py", "a.csv"},
            [],
            id="opened by a process",
        ),
    ],
)
def test_a_server_tells_what_all_of_its_forks_share(
    told: dict[str, Any], files: set[str], noted: list[str]
) -> None:
    """What was read as a text counts whole, and so does all when a process may have read it."""
    opened = {"m.py", "n.py", *told.pop("opened", []), *told.get("read", [])}
    whole = {"noted": NOTED, "lasting": [1], "read": [], "starts": False, "fixtures": []} | told
    found = server(opened)._shared(whole)
    assert found == Shared(Trace(frozenset({"m.py::g"}), frozenset(files)), frozenset(noted))


def test_nobody_knows_what_forks_share_where_nobody_sees_what_is_opened() -> None:
    told = {"noted": NOTED, "lasting": [1], "read": [], "starts": False, "fixtures": []}
    assert server(None)._shared(told) == Shared(None)


def test_it_is_told_how_many_are_done_and_the_end_however_it_came() -> None:
    heard: list[object] = []

    class Ear(Silent):
        def progress(self, what: str, done: int, of: int) -> None:
            heard.append((what, done, of))

    with _counted(Ear(), "pieces", 3) as one_more:
        one_more()
        one_more()
    assert heard == [("pieces", number, 3) for number in range(4)]
