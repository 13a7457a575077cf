"""falsify.share: what is tried once more is chosen by the commit, and by nobody."""

from __future__ import annotations

import pytest

from evidence.engine.falsify.share import share_of

NAMES = [f"patch-{number:02}" for number in range(60)]


@pytest.mark.parametrize(("number", "count"), [(0, 0), (1, 1), (20, 1), (21, 2), (60, 3)])
def test_one_in_twenty_is_chosen_and_at_least_one(number: int, count: int) -> None:
    chosen = share_of(NAMES[:number], "c" * 40)
    assert len(set(chosen)) == len(chosen) == count
    assert set(chosen) <= set(NAMES[:number])


def test_the_commit_chooses_whatever_the_order() -> None:
    assert share_of(NAMES, "c" * 40) == share_of(reversed(NAMES), "c" * 40)
    assert share_of(NAMES, "c" * 40) != share_of(NAMES, "d" * 40)


def test_another_share_may_be_asked_for() -> None:
    assert len(share_of(NAMES, "c" * 40, 0.5)) == 30
