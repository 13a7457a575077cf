"""proving: what is wrong with the harness is said as soon as it is known."""

from __future__ import annotations

from typing import Any, cast

import pytest

from evidence.engine import proving
from evidence.engine.falsify.model import Outcome, PatchRun
from evidence.engine.falsify.sabotage import stage
from evidence.engine.falsify.sabotage.stage import Sabotaged
from evidence.engine.register.model import Register
from tests.evidence.falsify.sabotage.lane import PATCH

CAUGHT = PatchRun("adds-one", "TILL-01", "It adds one.", (), Outcome.ASSERTION)


class Told:
    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda text: self.said.append((name, text))


@pytest.mark.parametrize(
    ("patches", "done", "said"),
    [
        (
            (PATCH,),
            Sabotaged((CAUGHT,), ("A fork lied.", "Another did.")),
            [
                ("stage", "sabotage"),
                ("note", "1 broken on purpose: 1 caught by an assertion"),
                ("problem", "A fork lied."),
                ("problem", "Another did."),
            ],
        ),
        ((), Sabotaged(()), []),
    ],
)
def test_complaints_about_patches_are_said(
    monkeypatch: pytest.MonkeyPatch, patches: Any, done: Sabotaged, said: list[tuple[str, str]]
) -> None:
    monkeypatch.setattr(stage, "sabotage", lambda *_: done)
    told = cast(Any, Told())
    given = cast(Any, None)
    proving._break_promises(given, Register(patches=patches), given, told, given)
    assert told.said == said
