"""core.nearest: whoever wrote a name that is not there is told the one that was meant."""

from __future__ import annotations

import pytest

from core.nearest import hint


@pytest.mark.parametrize(
    ("name", "names", "told"),
    [
        ("mgu", ["jug", "mug"], "did you mean mug?"),
        ("lampe", ["plan", "lamp"], "did you mean lamp?"),
        # Half of it is right, which is just enough.
        ("abxx", ["abyy"], "did you mean abyy?"),
        ("axxx", ["ayyy", "vase"], "there are: ayyy, vase."),
        ("mug", [], "there is none yet."),
    ],
)
def test_name_that_was_meant_is_told_or_all_there_are(
    name: str, names: list[str], told: str
) -> None:
    assert hint(name, names) == told
