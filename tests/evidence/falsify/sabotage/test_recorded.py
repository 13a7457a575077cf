"""falsify.sabotage.stage: what patches came to stands beside the run, with every complaint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evidence.engine.falsify.model import Falsification, Outcome, PatchRun
from evidence.engine.falsify.record import read_falsified, write_falsified
from evidence.engine.falsify.sabotage import stage
from evidence.engine.falsify.sabotage.stage import Sabotaged, sabotage
from evidence.engine.falsify.trace import Shared, Trace
from evidence.engine.register.model import Register
from tests.evidence.falsify.sabotage.lane import CONTROL, PATCH

AGAIN, ANEW = replace(PATCH, name="again"), replace(PATCH, name="anew")
KILLED = PatchRun("again", "TILL-01", "It adds one.", ("-1", "+2"), Outcome.ASSERTION)
LIVED = replace(KILLED, patch="anew", outcome=Outcome.SURVIVED, why="all passed")
CONTROLLED = replace(LIVED, patch=CONTROL.name, target=CONTROL.breaks, outcome=Outcome.RED, why="")
WAS, LED = Trace(frozenset({"m.py::was"})), Trace(frozenset({"m.py::led"}))
ENDS = {"anew": LIVED, CONTROL.name: CONTROLLED}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """One whose forks complain and let the second patch live; the first one counts again."""

    @contextmanager
    def opened_ground(*_: Any) -> Iterator[Any]:
        yield SimpleNamespace(
            try_all=lambda left: tuple(ENDS[each.name] for each in left),
            complaints=["A fork lied."],
            traces={"anew": LED},
            shared=Shared(LED),
        )

    monkeypatch.setattr(stage, "opened_ground", opened_ground)
    (tmp_path / "results").mkdir()
    return SimpleNamespace(work=tmp_path)


def known(checked: dict[str, PatchRun]) -> Any:
    def patches(asked: dict[str, Any]) -> Any:
        # A gate's control is tried in each build.
        assert list(asked) == ["again", "anew"]
        return {"again": KILLED}, checked

    shared: list[Shared] = []
    return SimpleNamespace(
        patches=patches,
        before=SimpleNamespace(record=Falsification(traces={"again": WAS})),
        shares=shared.append,
        recorded=lambda: {"shared": shared[-1], "shared_key": "key of all"},
        of_patch=lambda patch, tests, trace: f"key of {patch.name} over {sorted(trace.functions)}",
    )


def test_complaints_of_both_stages_are_recorded_and_those_of_this_one_told(project: Any) -> None:
    results = project.work / "results"
    mutants = Falsification({}, complaints=("Mutants lied.",), keys={"f": "key"})
    write_falsified(results, replace(mutants, traces={"f": None}))
    was = {"anew": replace(LIVED, outcome=Outcome.CRASH, why="")}

    found = sabotage(project, register(), cast(Any, None), cast(Any, None), known(was))

    assert found.runs == (KILLED, CONTROLLED, LIVED)
    first, second = found.complaints
    assert first == "A fork lied."
    assert second.startswith("patch anew was killed in the run before and survives now")
    record = read_falsified(results)
    assert record is not None
    assert record.complaints == ("Mutants lied.", first, second)
    assert (record.patches, record.claims) == (found.runs, {})
    # What survived says why, and is tried anew whatever is the same.
    assert record.keys == {"f": "key", "again": "key of again over ['m.py::was']"}
    assert record.traces == {"f": None, "again": WAS}
    assert (record.shared, record.shared_key) == (Shared(LED), "key of all")


def test_where_a_patch_led_is_recorded_with_what_its_result_hangs_on(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENDS, "anew", replace(KILLED, patch="anew"))
    sabotage(project, register(), cast(Any, None), cast(Any, None), known({}))
    record = read_falsified(project.work / "results")
    assert record is not None
    assert record.traces == {"again": WAS, "anew": LED}
    assert record.keys["anew"] == "key of anew over ['m.py::led']"


def test_without_anything_known_each_is_tried(project: Any, monkeypatch: Any) -> None:
    patches = Register(patches=(ANEW,))
    found = sabotage(project, patches, cast(Any, None), cast(Any, None))
    assert found == Sabotaged((LIVED,), ("A fork lied.",))


def register() -> Register:
    return Register(patches=(AGAIN, CONTROL, ANEW))
