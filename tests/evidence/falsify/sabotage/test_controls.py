"""falsify.sabotage.controls: a test that is red on unbroken code catches nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evidence.engine.falsify.model import Outcome, PatchRun
from evidence.engine.falsify.sabotage.controls import Controls
from evidence.engine.mistakes import Place
from evidence.engine.register.model import Link, Patch, Register

PLACE = Place("evidence/sabotage/adds-one.patch")
RED, GREEN, OTHER = "t.py::test_red", "t.py::test_green", "t.py::test_of_another"
WHY = f"{RED} failed on unbroken code, so that it fails here shows nothing"
PATCH = Patch(
    "adds-one",
    PLACE,
    "TILL-01",
    False,
    "It adds one.",
    "",
    (),
    (Link(RED, PLACE), Link(GREEN, PLACE)),
)
KILLED = PatchRun("adds-one", "TILL-01", "It adds one.", (), Outcome.ASSERTION, (f"{GREEN}[a]",))


def judged(run: PatchRun, patch: Patch = PATCH, red: tuple[str, ...] = (RED, OTHER)) -> PatchRun:
    controls = Controls(Register(), [patch], Path(), dict.fromkeys(red, "failed on unbroken code"))
    return controls.judged(run, patch)


def test_a_kill_by_a_test_that_is_green_anyway_stands() -> None:
    assert judged(KILLED) == KILLED


def test_of_two_that_killed_only_the_one_that_is_green_anyway_counts() -> None:
    both = replace(KILLED, killed_by=(f"{RED}[b]", *KILLED.killed_by))
    assert judged(both) == KILLED


@pytest.mark.parametrize(
    "run",
    [
        replace(KILLED, killed_by=(f"{RED}[b]", f"{OTHER}[c]")),
        # Cut off as a whole: nobody knows which of them it was.
        replace(KILLED, outcome=Outcome.TIMEOUT, killed_by=()),
    ],
)
def test_what_a_red_test_may_have_killed_was_not_tried(run: PatchRun) -> None:
    assert judged(run) == replace(run, outcome=Outcome.NOT_TRIED, killed_by=(), why=WHY)


@pytest.mark.parametrize(
    "run",
    [
        replace(KILLED, outcome=Outcome.TIMEOUT, killed_by=()),
        replace(KILLED, outcome=Outcome.SURVIVED, killed_by=(), why="it passed all the same"),
    ],
)
def test_nothing_is_taken_from_what_no_red_test_had_a_part_in(run: PatchRun) -> None:
    assert judged(run, red=(OTHER,)) == run


def test_what_was_no_kill_and_what_a_gate_caught_stay_as_they_are() -> None:
    survived = replace(KILLED, outcome=Outcome.SURVIVED, killed_by=(), why="it passed")
    caught = replace(KILLED, outcome=Outcome.RED, killed_by=())
    assert judged(survived) == survived
    assert judged(caught, replace(PATCH, is_control=True)) == caught
