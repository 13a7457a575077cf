"""What all claims of an area lack for the same reasons, said once above them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evidence.engine.judge.model import Standing
from evidence.engine.publish import words
from evidence.engine.publish.shapes import ClaimView, RungView


def shared_rungs(claims: Sequence[ClaimView]) -> tuple[RungView, ...]:
    """The rungs that nothing measured under any of several claims, all for the same reasons."""
    if len(claims) < 2:
        return ()
    unmeasured = words.STANDING[Standing.NOT_MEASURED]
    return tuple(
        rung
        for rung in claims[0].rungs
        if rung.word == unmeasured and rung.reasons and all(rung in x.rungs for x in claims)
    )


def say_once(claim: ClaimView, shared: tuple[RungView, ...]) -> ClaimView:
    """The claim with those rungs marked as said elsewhere."""
    return replace(
        claim, rungs=tuple(replace(rung, is_shared=rung in shared) for rung in claim.rungs)
    )
