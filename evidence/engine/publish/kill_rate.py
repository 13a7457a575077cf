"""How many small edits of the code below some folders were noticed, each counted once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evidence.engine.falsify.model import Outcome
from evidence.engine.judge.model import Mutation, Verdict
from evidence.engine.publish.text import count


@dataclass(frozen=True)
class KillRate:
    """`tried` includes `killed` and `waived`; `untried` are not in this build's sample, or could
    not be tried."""

    tried: int
    killed: int
    waived: int
    untried: int

    def __str__(self) -> str:
        if not self.tried:
            return "not measured in this build"
        percent = 100 * self.killed // self.tried
        said = f"{self.killed:,} of {count(self.tried, 'small edit')} noticed ({percent} %)"
        more = ((self.waived, "waived"), (self.untried, "not tried in this build"))
        return said + "".join(f", {number:,} {word}" for number, word in more if number)


def kill_rate(verdicts: Iterable[Verdict], folders: Iterable[str]) -> KillRate:
    """An edit of code that two claims cite counts once, as killed when either's own tests did."""
    by_id: dict[str, list[Mutation]] = {}
    for each in _below(verdicts, tuple(folder.rstrip("/") for folder in folders)):
        by_id.setdefault(each.mutant.id, []).append(each)
    ends = [_end(found) for found in by_id.values()]
    untried = sum(end in (Outcome.LEFT_OUT, Outcome.NOT_TRIED) for end in ends)
    return KillRate(
        tried=len(ends) - untried,
        killed=sum(end is Outcome.ASSERTION for end in ends),
        waived=sum(end is None for end in ends),
        untried=untried,
    )


def _below(verdicts: Iterable[Verdict], folders: tuple[str, ...]) -> Iterator[Mutation]:
    for verdict in verdicts:
        for each in verdict.broken.mutations:
            path = each.mutant.path
            if any(path == folder or path.startswith(f"{folder}/") for folder in folders):
                yield each


def _end(found: list[Mutation]) -> Outcome | None:
    """The best that became of one edit: any kill is ASSERTION here, None is waived."""
    outcomes = {each.outcome for each in found}
    if any(outcome.is_kill for outcome in outcomes):
        return Outcome.ASSERTION
    if any(each.waiver for each in found):
        return None
    tried = outcomes - {Outcome.LEFT_OUT, Outcome.NOT_TRIED}
    return min(tried or outcomes)
