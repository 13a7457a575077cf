"""falsify.sabotage.trial: one patch in one copy, and when its gate has a stand-in to ask."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from evidence.engine.falsify.inside.opened import ELSEWHERE, Opened
from evidence.engine.falsify.model import Outcome
from evidence.engine.falsify.sabotage import trial
from evidence.engine.falsify.sabotage.clone import DoesNotApply
from evidence.engine.falsify.sabotage.trial import gate_unbroken, try_patch
from evidence.engine.falsify.trace import Trace
from evidence.engine.register.model import Patch
from evidence.engine.run.model import GateRun, GateStatus
from tests.evidence.falsify.sabotage.lane import (
    CONTROL,
    FAILED,
    GATES,
    NOT_RUN,
    PASSED,
    PATCH,
    TEST,
    Pretended,
    ran,
)

linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux tells which files are opened"
)
NARROWED = replace(CONTROL, narrow=("--stand-in",))


def test_a_patch_is_tried_by_its_claim_s_tests_in_the_broken_copy(
    pretended: Pretended,
) -> None:
    pretended.answers = [FAILED]
    run = try_patch(PATCH, pretended.lane())
    assert pretended.did == ["broke -1\n+2\n", "ran adds-one_0"]
    assert (run.outcome, run.killed_by, run.why) == (Outcome.ASSERTION, (TEST,), "")
    assert (run.patch, run.target, run.breaks) == ("adds-one", "TILL-01", "It adds one.")
    assert run.diff == ("-1", "+2")


@linux
def test_what_its_tests_opened_is_told_and_not_what_broke_it(pretended: Pretended) -> None:
    """That is digested by itself; whoever opens a file in another process is seen too."""
    for name in ("page.md", "other.md"):
        (pretended.root / name).write_text("tea\n", "utf-8")
    pretended.answers = [FAILED]
    pretended.broken = lambda _: (pretended.root / "other.md").read_text("utf-8")
    pretended.opened = lambda: subprocess.run(["cat", pretended.root / "page.md"], check=True)
    lane = pretended.lane()
    try_patch(PATCH, lane)
    assert lane.traces == {PATCH.name: Trace(files=frozenset({"page.md"}))}


@linux
@pytest.mark.parametrize("of", ["project", "gate"])
def test_nobody_knows_what_was_opened_where_modules_are_loaded_from_elsewhere(
    pretended: Pretended, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    elsewhere = ((ELSEWHERE, "/nowhere"),)
    pretended.answers = [FAILED]
    if of == "project":
        pretended.env = elsewhere
    else:
        (tests,) = (gate for gate in GATES if gate.pytest is not None)
        monkeypatch.setattr(
            trial, "by_gate", lambda *_: ((replace(tests, env=elsewhere), (TEST,)),)
        )
    lane = pretended.lane()
    try_patch(PATCH, lane)
    assert lane.traces == {PATCH.name: None}


def test_nobody_knows_what_was_opened_where_nobody_can_tell(
    pretended: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Opened, "told", lambda _: None)
    pretended.answers = [FAILED]
    lane = pretended.lane()
    try_patch(PATCH, lane)
    assert lane.traces == {PATCH.name: None}


def test_a_gate_is_tried_over_what_it_always_looks_at(pretended: Pretended) -> None:
    pretended.answers = [FAILED]
    run = try_patch(CONTROL, pretended.lane())
    assert pretended.did == ["broke -3\n", "ran no-import"]
    assert (run.outcome, run.log) == (Outcome.RED, ("it is gone",))


@pytest.mark.parametrize(
    ("patch", "clean", "rehearsed"),
    [
        (NARROWED, NOT_RUN, True),
        (NARROWED, PASSED, False),
        (CONTROL, NOT_RUN, False),
        (NARROWED, None, False),
    ],
)
def test_only_a_gate_that_could_ask_nobody_is_tried_over_a_stand_in_first(
    pretended: Pretended, patch: Patch, clean: GateStatus | None, rehearsed: bool
) -> None:
    pretended.answers = [PASSED, FAILED] if rehearsed else [FAILED]
    pretended.runs = (ran(clean, "nobody to ask", log="clean.log"),) if clean else ()

    run = try_patch(patch, pretended.lane())

    assert ("ran no-import_rehearsed" in pretended.did) is rehearsed
    is_red = rehearsed or clean is PASSED
    assert run.outcome is (Outcome.RED if is_red else Outcome.NOT_TRIED)
    assert ("was not run on unbroken code" in run.why) is (clean is NOT_RUN and not rehearsed)


def test_a_stand_in_that_is_red_on_unbroken_code_shows_nothing(pretended: Pretended) -> None:
    pretended.answers, pretended.runs = [FAILED], (ran(NOT_RUN),)
    run = try_patch(NARROWED, pretended.lane())
    assert (run.outcome, run.why) == (
        Outcome.NOT_TRIED,
        "gate imports failed on unbroken code, so red would show nothing",
    )


def test_the_lane_knows_its_own_unbroken_run(pretended: Pretended) -> None:
    pretended.answers = [PASSED]
    lane = gate_unbroken(NARROWED, pretended.lane(), "restored")
    [gate] = pretended.gates
    assert (gate.id, gate.run) == ("no-import_restored", ("look", "--stand-in"))
    assert lane.run.gates == (
        GateRun("imports", PASSED, "it ended as passed", None, (), "no-import_restored.log", "", 0),
    )
    assert lane.clean_logs == pretended.root


@pytest.mark.parametrize("there", [True, False])
def test_what_comes_with_the_patch_alone_is_not_there_to_run_unbroken(
    pretended: Pretended, there: bool
) -> None:
    planted = replace(CONTROL, breaks="tests", narrow=("test_old.py", "test_new.py"))
    planted = replace(planted, touches=("till.py", "test_new.py"))
    (pretended.root / "test_old.py").touch()
    if there:
        pretended.answers = [PASSED]
        (pretended.root / "test_new.py").touch()

    lane = gate_unbroken(planted, pretended.lane(), "unbroken")

    assert pretended.did == (["ran no-import_unbroken"] if there else [])
    if not there:
        assert lane.run.gates == (GateRun("tests", PASSED, "", 0, (), "", "", 0.0),)
    assert [run.id for run in lane.run.gates] == ["tests"]


def test_a_narrower_place_that_the_patch_leaves_alone_is_run_unbroken(pretended: Pretended) -> None:
    pretended.answers = [PASSED]
    gate_unbroken(replace(NARROWED, touches=("till.py",)), pretended.lane(), "unbroken")
    assert pretended.did == ["ran no-import_unbroken"]


def test_a_patch_that_no_longer_fits_is_not_tried(pretended: Pretended) -> None:
    def refuse(diff: str) -> None:
        raise DoesNotApply("patch failed: till.py:1")

    pretended.broken = refuse
    run = try_patch(PATCH, pretended.lane())
    assert (run.outcome, pretended.did) == (Outcome.NOT_TRIED, [])
    assert run.why == (
        "it no longer applies (patch failed: till.py:1); make it anew with `git diff`"
    )
