"""Patches in words, for whoever watches a build."""

from __future__ import annotations

from collections.abc import Sequence

from evidence.engine.falsify.model import Outcome, PatchRun

OUTCOMES = {
    Outcome.ASSERTION: "caught by an assertion",
    Outcome.CRASH: "caught by a crash",
    Outcome.TIMEOUT: "caught by a deadline",
    Outcome.RED: "caught by a red gate",
    Outcome.SURVIVED: "NOT CAUGHT",
    Outcome.SETUP_ERROR: "only broke the set-up",
    Outcome.NOT_TRIED: "not tried",
}


def caught(found: Sequence[PatchRun]) -> tuple[str, ...]:
    """`86 promises broken: 70 caught by an assertion, 14 red gates`, then what was not caught."""
    outcomes = [patch.outcome for patch in found]
    counted = [
        f"{outcomes.count(each)} {word}" for each, word in OUTCOMES.items() if each in outcomes
    ]
    return (
        f"{len(found):,} broken on purpose{': ' if found else ''}{', '.join(counted)}",
        *(sentence(patch) for patch in found if not patch.outcome.is_kill),
    )


def sentence(patch: PatchRun) -> str:
    """`REF-02, patch too-much: NOT CAUGHT (why)`."""
    why = f": {patch.why}" if patch.why else ""
    return f"  {patch.target}, patch {patch.patch}: {OUTCOMES[patch.outcome]}{why}"
