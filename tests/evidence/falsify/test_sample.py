"""falsify.sample: which mutants an ordinary build tries, the same for everybody at one commit."""

from __future__ import annotations

from collections import Counter

from evidence.engine.falsify.mutants import Mutant, mutants_of
from evidence.engine.falsify.sample import Sample
from evidence.engine.mistakes import Place
from evidence.engine.register.model import Claim

SOURCE = """
def large(a, b):
    total = a + b
    total += a * 2
    if a < b and b > 7:
        return total - b
    return total


class Small:
    def only(self):
        return 3
"""
MUTANTS = [
    mutant
    for name in ("large", "Small")
    for mutant in mutants_of(path="m.py", source=SOURCE, name=name)
]


def claim(*, critical: bool = False) -> Claim:
    return Claim("TILL-01", "Till", "It adds up.", Place("till.yml", 1), critical=critical)


def sampled(per_claim: int, seed: str = "one", *, critical: bool = False) -> list[Mutant]:
    return list(Sample(per_claim, seed).of(claim(critical=critical), MUTANTS))


def test_limit_is_kept_and_a_critical_claim_has_twice_as_many() -> None:
    assert len(sampled(4)) == 4
    assert len(sampled(4, critical=True)) == 8


def test_claim_of_few_mutants_is_tried_whole_however_small_the_sample() -> None:
    few = MUTANTS[:5]
    assert list(Sample(2, "one", whole=5).of(claim(), few)) == few
    assert len(Sample(2, "one", whole=5).of(claim(), MUTANTS)) == 2


def test_no_limit_or_a_large_one_takes_all() -> None:
    assert sampled(0) == sampled(len(MUTANTS)) == MUTANTS


def test_one_commit_always_chooses_the_same_in_reading_order() -> None:
    chosen = sampled(6)
    assert chosen == sampled(6)
    assert chosen == [mutant for mutant in MUTANTS if mutant in chosen]
    backwards = Sample(6, "one").of(claim(), MUTANTS[::-1])
    assert {mutant.id for mutant in backwards} == {mutant.id for mutant in chosen}


def test_commits_take_turns_until_every_mutant_had_one() -> None:
    seen = {mutant.id for number in range(60) for mutant in sampled(4, str(number))}
    assert seen == {mutant.id for mutant in MUTANTS}


def test_each_function_and_each_operator_has_its_share() -> None:
    for number in range(10):
        chosen = sampled(6, str(number))
        by_function = Counter(mutant.unit for mutant in chosen)
        small = sum(1 for mutant in MUTANTS if mutant.unit == "Small.only")
        assert by_function["Small.only"] == min(3, small)
        operators = [mutant.operator for mutant in chosen if mutant.unit == "large"]
        assert len(set(operators)) == len(operators)


def test_claims_on_the_same_code_choose_the_same() -> None:
    assert set(map(id_of, sampled(3))) <= set(map(id_of, sampled(3, critical=True)))


def id_of(mutant: Mutant) -> str:
    return mutant.id
