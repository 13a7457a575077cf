"""run.inside.evidence_phases: coverage follows tests and modules, and not pytest between them."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from evidence.engine.run.contexts import rows_of
from evidence.engine.run.inside import evidence_phases
from evidence.engine.run.inside.evidence_phases import Phases
from evidence.engine.run.pytests import pytest_argv
from evidence.engine.run.tools import Python

PROJECT = {
    "shop/__init__.py": "",
    "shop/till.py": """
RATES = [1, 2]

def rates():
    return RATES

def total(prices):
    return sum(prices)

def stock():
    return 3

def close():
    return 4

def report():
    return 5

def order():
    return 6

def beside():
    return 7
""",
    "shop/late.py": "LATE = 1\n\ndef late():\n    return LATE\n",
    "conftest.py": """
from shop import till

def pytest_generate_tests(metafunc):
    if "rate" in metafunc.fixturenames:
        metafunc.parametrize("rate", till.rates())

def pytest_collection_modifyitems():
    till.order()

def pytest_runtest_logreport():
    till.report()
""",
    "test_till.py": """
import sys
import threading

import pytest

from shop import till

@pytest.fixture
def stocked():
    yield till.stock()
    till.close()

def test_forgets():
    sys.settrace(None)

def test_total(stocked, rate):
    assert till.total([stocked, rate]) == stocked + rate

def test_late():
    from shop import late
    assert late.late() == 1

def test_beside():
    thread = threading.Thread(target=till.beside)
    thread.start()
    thread.join()
""",
}


class Tracing:
    """What of `sys` it asks, and what it has set."""

    def __init__(self, tracer: object = None) -> None:
        self.tracer = tracer
        self.hooks: list[Any] = []
        self.told: list[object] = []
        self.addaudithook = self.hooks.append

    def gettrace(self) -> object:
        return self.tracer

    def settrace(self, tracer: object) -> None:
        self.told.append(tracer)
        self.tracer = tracer


@pytest.fixture
def tracing(monkeypatch: pytest.MonkeyPatch) -> Tracing:
    found = Tracing("coverage")
    monkeypatch.setattr(evidence_phases, "sys", found)
    return found


@pytest.fixture
def phases(tracing: Tracing) -> Phases:
    """While tests are collected."""
    begun = Phases()
    begun.pytest_collection()
    return begun


def recorded(folder: Path, *arguments: str) -> dict[tuple[str, str], int]:
    """Lines, bit by bit, by file and context, as a gate has them recorded."""
    for path, text in PROJECT.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    (folder / "measured.rc").write_text("[run]\ninclude = */shop/*\nrelative_files = true\n")
    python = Python(sys.executable, "", Path(sys.prefix))
    argv = [
        word.format(root=folder, out=folder) for word in pytest_argv(python, ("-q", *arguments))
    ]
    told = {
        "COVERAGE_FILE": str(folder / "coverage"),
        "COVERAGE_CORE": "ctrace",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_PLUGINS": "pytest_cov.plugin,pytest_jsonreport.plugin,xdist.plugin",
        "PYTHONPATH": str(Path(evidence_phases.__file__).parent),
    }
    # What follows these tests follows the others too.
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    subprocess.run(argv, cwd=folder, env=inherited | told, check=True, capture_output=True)
    with closing(sqlite3.connect(folder / "coverage")) as database:
        contexts = dict(database.execute("select id, context from context"))
        files = database.execute("select id, path from file").fetchall()
        return {
            (path, contexts[context]): mask
            for number, path in files
            for context, mask in rows_of(database, number)
        }


def lines(recording: dict[tuple[str, str], int], *sources: str) -> dict[str, set[str]]:
    """The words of these lines of `shop/till.py`, by the context that ran them."""
    text = PROJECT["shop/till.py"].split("\n")
    found: dict[str, set[str]] = {}
    for (path, context), mask in recording.items():
        ran = {line.strip() for at, line in enumerate(text, 1) if mask >> at & 1}
        if path == "shop/till.py" and (wanted := ran & set(sources)):
            found[context] = wanted
    return found


@pytest.mark.slow
@pytest.mark.parametrize("spread", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_whatever_tests_and_modules_run_is_recorded_where_it_ran(
    tmp_path: Path, spread: tuple[str, ...]
) -> None:
    found = recorded(tmp_path, *spread)
    assert lines(found, "RATES = [1, 2]", "return RATES", "return 6") == {
        "": {"RATES = [1, 2]", "return RATES", "return 6"}
    }
    assert lines(found, "return sum(prices)", "return 3", "return 4", "return 7") == {
        "test_till.py::test_total[1]|setup": {"return 3"},
        "test_till.py::test_total[1]|run": {"return sum(prices)"},
        "test_till.py::test_total[1]|teardown": {"return 4"},
        "test_till.py::test_total[2]|setup": {"return 3"},
        "test_till.py::test_total[2]|run": {"return sum(prices)"},
        "test_till.py::test_total[2]|teardown": {"return 4"},
        "test_till.py::test_beside|run": {"return 7"},
    }
    assert found["shop/late.py", "test_till.py::test_late|run"] == 0b11010


@pytest.mark.slow
def test_what_runs_between_tests_is_nobodys(tmp_path: Path) -> None:
    """A report on one test is made while coverage still has its name."""
    assert lines(recorded(tmp_path), "return 5") == {}


@pytest.mark.slow
def test_a_gate_that_asks_more_of_coverage_gets_it_as_ever(tmp_path: Path) -> None:
    assert lines(recorded(tmp_path, "--cov-report=term"), "return 5") != {}


@pytest.mark.parametrize(
    "hook", ["generate_tests", "collection_modifyitems", "runtest_setup", "runtest_call",
             "runtest_teardown"],
)  # fmt: skip
def test_a_phase_is_followed_to_its_end(phases: Phases, tracing: Tracing, hook: str) -> None:
    within: Iterator[None] = getattr(phases, f"pytest_{hook}")()
    assert tracing.tracer is None
    next(within)
    assert tracing.tracer == "coverage"
    assert list(within) == []
    assert tracing.tracer is None


@pytest.mark.parametrize("hook", ["collectstart", "pycollect_makeitem"])
def test_a_module_is_followed_until_pytest_looks_what_is_in_it(
    phases: Phases, tracing: Tracing, hook: str
) -> None:
    (hear,) = tracing.hooks
    hear("open", ())
    assert tracing.tracer is None
    hear("exec", ())
    assert tracing.tracer == "coverage"
    getattr(phases, f"pytest_{hook}")()
    assert tracing.tracer is None


def test_nothing_is_followed_in_a_process_that_spreads_tests_over_others(
    tracing: Tracing,
) -> None:
    Phases().pytest_collection()
    assert tracing.tracer is None


def test_what_another_thread_loads_is_its_own(
    phases: Phases, tracing: Tracing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence_phases.threading, "get_ident", lambda: -1)
    phases.hear("exec", ())
    assert tracing.tracer is None


def test_whoever_else_follows_is_left_to_it(phases: Phases, tracing: Tracing) -> None:
    tracing.tracer = "debugger"
    phases.follow()
    assert tracing.tracer == "debugger"
    # And is put back as it was.
    phases.rest()
    phases.follow()
    assert tracing.tracer == "debugger"


def test_where_nobody_follows_nothing_is_done(tracing: Tracing) -> None:
    tracing.tracer = None
    phases = Phases()
    phases.rest()
    phases.follow()
    phases.rest()
    assert (tracing.tracer, tracing.told) == (None, [])
