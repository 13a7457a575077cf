"""How much a run broke on purpose. A call that asks for no more may reuse its results."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evidence.engine.falsify.model import Falsification


class Extent(StrEnum):
    """In the order of their worth; the values stand in the cache."""

    NOTHING = "nothing"
    PATCHES = "patches"
    SAMPLE = "a sample of the mutants"
    EVERYTHING = "everything"

    def is_enough(self, *, all_mutants: bool, mutants_on_demand: bool) -> bool:
        """True when a call that asks for this much has nothing left to break."""
        if all_mutants:
            return self is Extent.EVERYTHING
        if self is Extent.PATCHES:
            return mutants_on_demand
        return self is not Extent.NOTHING


def extent_of(record: Falsification | None) -> Extent:
    """What a harness that found fault with itself broke counts as nothing."""
    if record is None or record.complaints:
        return Extent.NOTHING
    if record.claims is None:
        return Extent.NOTHING if record.patches is None else Extent.PATCHES
    return Extent.SAMPLE if record.left_out else Extent.EVERYTHING
