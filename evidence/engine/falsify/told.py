"""What breaking the code came to, in the few lines that a terminal shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from evidence.engine.falsify.model import Falsification, MutantRun, Outcome
from evidence.engine.falsify.stage import Broken
from evidence.engine.register.model import Claim

_WORDS = {
    Outcome.ASSERTION: "killed by an assertion",
    Outcome.CRASH: "by a crash",
    Outcome.TIMEOUT: "by a timeout",
    Outcome.SURVIVED: "survived",
    Outcome.NOT_COVERED: "not covered",
    Outcome.SETUP_ERROR: "only broke a set-up",
    Outcome.NOT_TRIED: "not tried",
    Outcome.LEFT_OUT: "not in this build's sample",
}
_SHOWN = 10
_DIGITS = 16


def summary(broken: Broken, claims: Sequence[Claim]) -> Iterator[str]:
    """The counts, each mutant for each claim that cites its code; then how the time went."""
    found = broken.record
    counts = Counter(
        found.outcome(claim.id, mutant, cited_by(claim))
        for claim in claims
        for mutant in found.of(claim.id)
    )
    told = [f"{counts[outcome]:,} {word}" for outcome, word in _WORDS.items() if counts[outcome]]
    yield f"mutants {len(found.mutants):,}; counted for each claim: {', '.join(told) or 'none'}"
    if found.audited:
        yield f"        {found.audited:,} of them again in fresh processes"
    for name, listed in (("red on unbroken code", found.red), ("flaky", found.flaky)):
        for test in sorted(listed)[:_SHOWN]:
            yield f"        {name}: {test}{_why(found, test)}"
        if len(listed) > _SHOWN:
            yield f"        … and {len(listed) - _SHOWN} more"
    split = [f"{name} {seconds:.0f} s" for name, seconds in broken.seconds.items() if seconds >= 1]
    if split:
        yield f"        time: {', '.join(split)}"


def of_claim(claim: Claim, found: Falsification) -> Iterator[str]:
    """Each mutant of a claim with what became of it; the diff of whatever no test killed."""
    tests = cited_by(claim)
    mutants = found.of(claim.id)
    kills = sum(1 for mutant in mutants if mutant.kill(tests))
    yield f"{claim.id:<8} {kills} of {len(mutants)} killed  {claim.says}"
    for mutant in mutants:
        yield f"  {_WORD[mutant.outcome(tests)]:<9} {_place(mutant)}{_by(mutant, tests)}"
        if not mutant.kill(tests):
            yield from (f"    {line}" for line in mutant.diff)
            yield f"    in {mutant.path}::{mutant.unit}, sha256 {mutant.symbol[:_DIGITS]}"


def cited_by(claim: Claim) -> frozenset[str]:
    return frozenset(link.text for link in claim.tests)


_WORD = {outcome: "killed" if outcome.is_kill else str(outcome) for outcome in Outcome}


def _place(mutant: MutantRun) -> str:
    return f"{mutant.path}:{mutant.line}  {mutant.operator}  {mutant.id}"


def _by(mutant: MutantRun, tests: frozenset[str]) -> str:
    """Who killed it and how; or what was in the way."""
    if kill := mutant.kill(tests):
        return f"  by {kill.outcome}: {kill.test}"
    everybody = frozenset(trial.test for trial in mutant.trials)
    if other := mutant.kill(everybody - tests):
        return f"  (only {other.test} kills it, which is not cited)"
    return f"  ({mutant.why})" if mutant.why else ""


def _why(found: Falsification, test: str) -> str:
    return f" ({found.red[test]})" if test in found.red else ""
