"""Forks that only pretend: their server answers as a test tells it to."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evidence.engine.falsify.lines import Lines
from evidence.engine.falsify.plan import Recorded
from evidence.engine.falsify.sabotage import forked
from evidence.engine.falsify.sabotage.bodies import Change
from evidence.engine.falsify.sabotage.forked import Forked, Quick, try_forked
from evidence.engine.falsify.server import Answer, ServerDied
from evidence.engine.falsify.trace import Shared, Trace
from evidence.engine.mistakes import Place
from evidence.engine.register.model import Claim, Gate, Link, Patch, Register
from evidence.engine.run.bench import Bench
from evidence.engine.run.services import Services

PLACE = Place("p")
TEST, OTHER = "tests/test_till.py::test_adds", "tests/test_till.py::test_takes"
GATE = Gate("tests", "They pass.", PLACE, pytest=("tests",))
ROOT = Path("copy")
FILE, WAS, NOW = "till.py", "def f():\n    return 1\n", "def f():\n    return 2\n"
BENCH = cast(
    Bench, SimpleNamespace(stop=threading.Event(), tree=SimpleNamespace(commit="c" * 40), cores=2)
)
PATCH = Patch("adds-one", PLACE, "TILL-01", False, "It adds one.", "-1\n+2\n", (FILE,))


def trial(
    test: str, outcome: str, where: str = "tests/test_till.py", phase: str = "call"
) -> dict[str, Any]:
    told = {"test": test, "case": f"{test}[1]", "outcome": outcome, "message": "assert 1 == 2"}
    return {**told, "where": where, "phase": phase, "elapsed_s": 0.1, "starts": False}


@dataclass
class Worker:
    """Its server answers on broken code as told, test by test; on unbroken code all pass but those
    in `red`. It takes down the file as it stood when a question was asked."""

    root: Path
    answer: Answer
    red: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    dies: bool = False
    connected: tuple[str, ...] = ()
    unbroken: Trace | None = None
    shared: Shared = field(default_factory=lambda: Shared(Trace(files=frozenset({"conftest.py"}))))
    asked: list[Any] = field(default_factory=list)
    died: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    renewed: int = 0

    @property
    def server(self) -> Worker:
        return self

    @property
    def copy(self) -> Worker:
        return self

    def bury(self, why: str) -> None:
        self.died.append(why)

    def renew(self) -> None:
        self.renewed += 1

    @contextmanager
    def broken(self, path: str, text: str) -> Iterator[None]:
        self.texts.append(f"{path} {text}")
        yield
        self.texts.append(f"{path} whole")

    def ask(self, tests: Sequence[Mapping[str, Any]], broken: Any, *, stop: bool) -> Answer:
        if self.dies:
            raise ServerDied("it ended")
        names = [test["test"] for test in tests]
        if broken is None:
            red = self.red if not self.asked else (*self.red, *self.later)
            ends = tuple(trial(n, "crash" if n in red else "passed") for n in names)
            return Answer(ends, connected=self.connected, trace=self.unbroken)
        self.asked.append((names, broken, stop))
        return self.answer


def asked(number: int = 4, tests: tuple[str, ...] = (TEST,)) -> list[tuple[Gate, Quick]]:
    change = Change(FILE, "f", 1, NOW, (2, 2))
    return [
        (GATE, Quick(replace(PATCH, name=f"patch-{n}"), tests, (change,), {FILE: NOW}))
        for n in range(number)
    ]


def tried(
    monkeypatch: pytest.MonkeyPatch,
    worker: Worker,
    patches: list[tuple[Gate, Quick]],
    lines: Lines | None = None,
    checked: int = 0,
) -> Forked:
    """All that was caught, of which the first few are checked. `lines` were recorded before."""

    @contextmanager
    def pool(gate: Gate, tests: Sequence[str], **_: Any) -> Iterator[tuple[Any, ...]]:
        assert (gate, tests) == (GATE, sorted({t for _, each in patches for t in each.tests}))
        yield (worker,)

    recordings = [Recorded(GATE, {}, lines)] if lines else []
    monkeypatch.setattr(forked, "recorded_by", lambda *_: recordings)
    monkeypatch.setattr(forked, "pool", pool)
    monkeypatch.setattr(forked, "share_of", lambda names, *_: sorted(names)[:checked])
    return try_forked(
        patches,
        register=Register(),
        runs=(),
        results=Path(),
        bench=BENCH,
        services=cast(Services, None),
    )


CAUGHT = Answer((trial(TEST, "assertion"),))
CLAIM = Claim("TILL-01", "Till", "It adds.", PLACE, tests=(Link(TEST, PLACE),))
