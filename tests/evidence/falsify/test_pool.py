"""falsify.pool: whatever a fork server loads when it starts is unbroken."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from evidence.engine.falsify.copies import make_copy
from evidence.engine.falsify.inside.opened import Opened
from evidence.engine.falsify.pool import Worker, pool, started
from evidence.engine.falsify.sabotage.stage import opened_ground
from evidence.engine.falsify.trace import Shared, Trace
from evidence.engine.project import Service, load_project
from evidence.engine.register.reading import read_register
from evidence.engine.run.listener import Silent
from evidence.engine.run.model import unrecorded
from evidence.engine.run.session import run_gates
from evidence.engine.run.tree import read_tree
from tests.evidence.conftest import Stranger

SERVICE = """
import json, pathlib, sys
pathlib.Path("till/money.py").read_text()
print(json.dumps({"RATE": "1"}), flush=True)
sys.stdin.read()
"""
TEST = "tests/test_money.py::test_change_is_the_difference"
MONEY = "till/money.py"


@pytest.mark.parametrize("had_one", [False, True], ids=["its first", "after one was given up"])
def test_server_that_starts_while_a_mutant_lies_in_its_file_loads_the_whole_file(
    had_one: bool, first_stranger: Stranger, tmp_path: Path
) -> None:
    project = load_project(shutil.copytree(first_stranger.root, tmp_path / "till"))
    register = read_register(project)
    [gate] = (each for each in register.gates if each.pytest is not None)
    run = run_gates(project, register, [gate.id], Silent())
    order = {"test": TEST, "cases": [], "deadline_s": 30.0}
    with opened_ground(project, register, run, Silent()) as ground:
        copy = make_copy(ground.bench, "copy")
        worker = Worker(
            gate,
            [TEST],
            copy=copy,
            bench=ground.bench,
            services=ground.services,
            name="worker",
            warm=(),
        )
        try:
            if had_one:
                assert worker.server.ready.tests
                worker.bury("it is not trusted any more")
            broken = copy.read(MONEY).replace("paid - price", "paid")
            with copy.broken(MONEY, broken):
                answer = worker.server.ask([order], None, stop=True)
                assert copy.read(MONEY) == broken
        finally:
            worker.close()
    assert [trial["outcome"] for trial in answer.trials] == ["passed"]


@pytest.mark.slow
def test_what_a_service_loads_shows_in_all_trials(
    first_stranger: Stranger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs where the project stands, and not in a copy."""
    root = shutil.copytree(first_stranger.root, tmp_path / "till")
    service = Service("rates", (sys.executable, "-c", SERVICE), 20.0)
    project = replace(load_project(root), services=(service,))
    register = read_register(project)
    gate = replace(register.gates[0], services=("rates",))
    with opened_ground(project, register, unrecorded(read_tree(project)), Silent()) as ground:
        with pool(gate, [TEST], warm=(), bench=ground.bench, services=ground.services) as workers:
            found = [worker.shared for worker in workers]
            assert workers[0].server.ready.tests.keys() == {TEST}
        assert [worker.copy.opened.told() for worker in workers] == [None] * len(workers)
        assert workers[0]._server is None
        # It is there by now, and loads nothing more.
        again = started(gate, ground.bench, ground.services)
        monkeypatch.setattr(Opened, "told", lambda self: None)
        assert started(gate, ground.bench, ground.services) == Shared(None)
    first, *others = found
    assert first == Shared(Trace(files=frozenset({MONEY})))
    assert {again, *others} == {Shared()}
    # A gate that needs none hangs on none, whatever else goes on there.
    assert started(register.gates[0], ground.bench, ground.services) == Shared()
