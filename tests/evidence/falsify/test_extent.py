"""falsify.extent: how much a run broke, and for which call that is enough."""

from __future__ import annotations

import pytest

from evidence.engine.falsify.extent import Extent, extent_of
from evidence.engine.falsify.model import Falsification

TWO = {"A-01": ("1", "2")}


@pytest.mark.parametrize(
    ("record", "extent"),
    [
        (None, Extent.NOTHING),
        (Falsification(), Extent.NOTHING),
        (Falsification(patches=()), Extent.PATCHES),
        (Falsification(claims=TWO, patches=()), Extent.EVERYTHING),
        (Falsification(claims=TWO, left_out={"A-01": ("2",)}), Extent.SAMPLE),
        (Falsification(claims=TWO, complaints=("A control was red.",)), Extent.NOTHING),
        (Falsification(patches=(), complaints=("A control was red.",)), Extent.NOTHING),
    ],
)
def test_what_was_broken_is_read_off_the_record(
    record: Falsification | None, extent: Extent
) -> None:
    assert extent_of(record) is extent


@pytest.mark.parametrize(
    ("extent", "enough_for"),
    [
        (Extent.NOTHING, []),
        (Extent.PATCHES, ["an ordinary call where mutants are only tried on demand"]),
        (
            Extent.SAMPLE,
            ["an ordinary call", "an ordinary call where mutants are only tried on demand"],
        ),
        (
            Extent.EVERYTHING,
            [
                "an ordinary call",
                "an ordinary call where mutants are only tried on demand",
                "all mutants",
                "all mutants where they are only tried on demand",
            ],
        ),
    ],
)
def test_call_that_asks_for_more_than_was_broken_may_reuse_nothing(
    extent: Extent, enough_for: list[str]
) -> None:
    calls = {
        "an ordinary call": (False, False),
        "an ordinary call where mutants are only tried on demand": (False, True),
        "all mutants": (True, False),
        "all mutants where they are only tried on demand": (True, True),
    }
    assert enough_for == [
        call
        for call, (every, on_demand) in calls.items()
        if extent.is_enough(all_mutants=every, mutants_on_demand=on_demand)
    ]
