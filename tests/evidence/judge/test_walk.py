"""judge.demonstrated alone: a walk as it was recorded, and the rung that it gives."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evidence.engine.judge.demonstrated import Walk, demonstrated, read_walk
from evidence.engine.judge.model import Shown, Standing
from evidence.engine.run.model import GateStatus

DEMO: Any = SimpleNamespace(demo=SimpleNamespace(gate=SimpleNamespace(text="walk")))
KEPT = ("walk/artifacts/demo/steps.json", "walk/artifacts/demo/pay.png")
NO, YES = Standing.NO, Standing.YES


def run_of(*gates: Any) -> Any:
    by_id = {gate.id: gate for gate in gates}
    return SimpleNamespace(gate=by_id.get)


def walk(status: GateStatus = GateStatus.PASSED, why: str = "", kept: tuple[str, ...] = ()) -> Any:
    return SimpleNamespace(id="walk", status=status, why=why, artifacts=kept)


def test_walk_that_there_was_not_says_why(tmp_path: Path) -> None:
    without: Any = SimpleNamespace(demo=None)
    assert read_walk(without, run_of(), tmp_path) == Walk(why="this project has no demo.yml")
    other = walk()
    other.id = "tests"
    assert read_walk(DEMO, run_of(other), tmp_path) == Walk(
        why="gate walk was not among this run's gates"
    )
    not_run = walk(GateStatus.NOT_RUN, "not run: no Chromium")
    assert read_walk(DEMO, run_of(not_run), tmp_path) == Walk(
        why="gate walk was not run: no Chromium"
    )
    assert read_walk(DEMO, run_of(walk()), tmp_path) == Walk(
        why="gate walk left no readable demo/steps.json among its artifacts; read its log",
        has_failed=True,
    )


@pytest.mark.parametrize("status", [GateStatus.PASSED, GateStatus.FAILED])
def test_walk_has_its_steps_whatever_became_of_its_gate(tmp_path: Path, status: GateStatus) -> None:
    steps = [{"id": "pay", "status": "passed", "screenshot": "pay.png"}]
    file = tmp_path / KEPT[0]
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"steps": steps}))
    assert read_walk(DEMO, run_of(walk(status, kept=KEPT)), tmp_path) == Walk(
        {"pay": Shown("passed", "", KEPT[1])}
    )


@pytest.mark.parametrize(
    ("found", "standing", "why"),
    [
        (Walk({"pay": Shown("passed", "", "pay.png")}), YES, ""),
        (Walk({"pay": Shown("passed", "", "")}), NO, "Demo step pay left no screenshot."),
        (Walk({"pay": Shown("failed", "no Paid.", "p")}), NO, "Demo step pay: no Paid."),
        (Walk({"pay": Shown("failed", "", "pay.png")}), NO, "Demo step pay: it failed."),
        (Walk(why="no Chromium"), Standing.NOT_MEASURED, "Demo step pay: no Chromium."),
        (Walk(why="no steps", has_failed=True), NO, "Demo step pay: no steps."),
        (
            Walk({"buy": Shown("passed", "", "buy.png")}),
            NO,
            "Demo step pay: the walk did not reach it; read the log of its gate.",
        ),
    ],
)
def test_step_stands_only_where_it_was_seen(found: Walk, standing: Standing, why: str) -> None:
    claim: Any = SimpleNamespace(demo=SimpleNamespace(text="pay"))
    verdict = demonstrated(claim, found)
    assert (verdict.standing, verdict.reasons) == (standing, (why,) if why else ())
    without: Any = SimpleNamespace(demo=None)
    assert demonstrated(without, found).standing is Standing.NOT_APPLICABLE
