"""Which of a claim's mutants an ordinary build tries, when its project sets a limit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from evidence.engine.falsify.mutants import Mutant
from evidence.engine.register.model import Claim

_CRITICAL_TIMES = 2  # Where money or access is at stake, twice as many are tried.


@dataclass(frozen=True)
class Sample:
    """At most `per_claim` mutants of each claim, 0 for all; `seed` decides which. A claim with at
    most `whole` is tried whole all the same, since a sample alone can never prove it.

    Two builds of one commit try the same, two commits others, so a survivor is found in time. A
    mutant has one rank for all claims: those on the same code choose the same ones.
    """

    per_claim: int = 0
    seed: str = ""
    whole: int = 0

    def of(self, claim: Claim, mutants: Sequence[Mutant]) -> tuple[Mutant, ...]:
        """Those to try, in the order of `mutants`: of each function as many, and in it of each
        operator as many, as the limit allows."""
        limit = self.per_claim * (_CRITICAL_TIMES if claim.critical else 1)
        if not limit or len(mutants) <= max(limit, self.whole):
            return tuple(mutants)
        by_function = _grouped(sorted(mutants, key=self._rank), lambda m: (m.path, m.unit))
        spread = _in_turn([_in_turn(_grouped(each, _operator)) for each in by_function])
        chosen = {mutant.id for mutant in spread[:limit]}
        return tuple(mutant for mutant in mutants if mutant.id in chosen)

    def _rank(self, mutant: Mutant) -> bytes:
        return hashlib.sha256(f"{self.seed} {mutant.id}".encode()).digest()


def _operator(mutant: Mutant) -> str:
    return mutant.operator.value


def _grouped(
    mutants: Iterable[Mutant], key: Callable[[Mutant], object]
) -> Sequence[Sequence[Mutant]]:
    groups: dict[object, list[Mutant]] = {}
    for mutant in mutants:
        groups.setdefault(key(mutant), []).append(mutant)
    return list(groups.values())


def _in_turn(groups: Sequence[Sequence[Mutant]]) -> list[Mutant]:
    """The first of each group, then the second of each that has one, and so on."""
    longest = max(map(len, groups))
    return [group[turn] for turn in range(longest) for group in groups if turn < len(group)]
