"""Why claims are not met, said once for all claims that it holds back; real problems come first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from evidence.engine.judge.model import Judgement, Standing, Status, Verdict


@dataclass(frozen=True)
class Held:
    """Claims (ids) of one status, and the reasons that hold all of them back."""

    status: Status
    reasons: tuple[str, ...]
    claims: tuple[str, ...]


def problems(judgement: Judgement, status: Status) -> tuple[Held, ...]:
    """What was measured and found wanting: a claim's own reasons first, then shared ones.

    A shared reason (a gate that failed under many claims) comes once; of those, the reason that
    holds most claims first.
    """
    reasons = {
        verdict.claim.id: _measured(verdict)
        for verdict in judgement.verdicts
        if verdict.status is status
    }
    held = _holding(reasons)
    own = {
        claim: tuple(reason for reason in found if len(held[reason]) == 1)
        for claim, found in reasons.items()
    }
    return (
        *(Held(status, found, (claim,)) for claim, found in own.items() if found),
        *_shared(status, {reason: ids for reason, ids in held.items() if len(ids) > 1}),
    )


def not_measured(judgement: Judgement) -> tuple[Held, ...]:
    """Rungs that nothing has measured yet, under claims that passed, by reason."""
    return _shared(
        Status.PARTLY,
        _holding(
            {
                verdict.claim.id: _unmeasured(verdict)
                for verdict in judgement.verdicts
                if verdict.status is Status.PARTLY
            }
        ),
    )


def _shared(status: Status, held: dict[str, list[str]]) -> tuple[Held, ...]:
    order = sorted(held.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Held(status, (reason,), tuple(claims)) for reason, claims in order)


def _holding(reasons: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """The claims by reason, in the order of both."""
    held: dict[str, list[str]] = {}
    for claim, found in reasons.items():
        for reason in found:
            held.setdefault(reason, []).append(claim)
    return held


def _measured(verdict: Verdict) -> tuple[str, ...]:
    unmeasured = set(_unmeasured(verdict))
    found = tuple(reason for reason in verdict.reasons if reason not in unmeasured)
    return found or (() if unmeasured else ("A rung is missing.",))


def _unmeasured(verdict: Verdict) -> tuple[str, ...]:
    return _unique(
        reason
        for rung in verdict.rungs
        if rung.standing is Standing.NOT_MEASURED
        for reason in rung.reasons
    )


def _unique(reasons: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reasons))
