"""falsify.sabotage.stage: whoever watches sees each patch counted once, when it is done with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from evidence.engine.falsify.model import Outcome, PatchRun
from evidence.engine.falsify.sabotage.forked import Forked
from evidence.engine.falsify.sabotage.stage import Ground
from evidence.engine.falsify.trace import Shared, Trace
from evidence.engine.register.model import Patch
from tests.evidence.falsify.sabotage.lane import PATCH

LED = Trace(frozenset({"m.py::led"}))


def run_of(patch: Patch, outcome: Outcome = Outcome.ASSERTION) -> PatchRun:
    return PatchRun(patch.name, patch.breaks, patch.says, (), outcome)


class Half(Ground):
    """Forks caught three of six, of which one is checked; in processes each is caught."""

    def __init__(self) -> None:
        self.listener = cast(Any, self)
        self.complaints = []
        self.traces, self.shared = {}, Shared()
        self.told: list[tuple[str, int, int]] = []
        self.apart: list[str] = []

    def progress(self, what: str, done: int, of: int) -> None:
        self.told.append((what, done, of))

    def _forked(self, patches: Sequence[Patch]) -> Forked:
        first, second, third = (run_of(patch, Outcome.CRASH) for patch in patches[:3])
        return Forked(
            {first.patch: first, second.patch: second},
            {third.patch: third},
            ["No database."],
            {first.patch: LED, third.patch: LED},
            Shared(LED),
        )

    def _apart(self, patches: Sequence[Patch], tell: Callable[[], None]) -> dict[str, PatchRun]:
        for patch in patches:
            self.apart.append(patch.name)
            tell()
        return {patch.name: run_of(patch) for patch in patches}


@pytest.fixture
def ground() -> Half:
    return Half()


def test_each_patch_is_counted_once_when_nothing_more_is_done_with_it(ground: Half) -> None:
    patches = [replace(PATCH, name=f"patch-{number}") for number in range(6)]
    runs = ground.try_all(patches)
    assert ground.told == [("sabotage", number, 6) for number in range(1, 7)]
    assert ground.apart == [patch.name for patch in patches[2:]]
    assert [run.patch for run in runs] == [patch.name for patch in patches]
    # Of what is done with in forks it is known where they went, if they told.
    assert ground.traces == {"patch-0": LED, "patch-1": None}
    assert ground.shared == Shared(LED)
    assert ground.complaints == [
        "No database.",
        "Patch patch-2: crash in a fork, assertion in processes of its own.",
    ]
