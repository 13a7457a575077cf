"""falsify.fresh: what is run again, in which order, and what may share a process."""

from __future__ import annotations

import pytest

from evidence.engine.falsify.fresh import Check, choose, in_batches, longest_first
from evidence.engine.falsify.harness import Tried
from evidence.engine.falsify.lines import Lines
from evidence.engine.falsify.model import Outcome, Trial
from evidence.engine.falsify.mutants import merged, mutants_of
from evidence.engine.falsify.plan import Plan, Recorded
from tests.evidence.falsify.rechecked import GATE, UNCITED, check, target


def test_what_tests_of_another_gate_or_no_fork_found_out_is_not_run_again() -> None:
    killed, elsewhere, untried, unforked = map(target, range(1, 5))
    everything = {each.mutant.id: each for each in (killed, elsewhere, untried, unforked)}
    tried = Tried(unforked={unforked.mutant.id: "its fork died"})
    tried.add(killed.mutant.id, Trial("t.py::a", Outcome.ASSERTION))
    tried.add(elsewhere.mutant.id, Trial("other.py::a", Outcome.ASSERTION))
    tried.add(unforked.mutant.id, Trial("t.py::a", Outcome.ASSERTION))
    plan = Plan(claims={"TILL-01": tuple(everything)[::-1]}, targets=everything)

    for seed in "abcdef":
        assert choose(plan, GATE, tried, seed) == [Check(killed, frozenset({"t.py::a"}), True)]


def test_the_sample_is_seeded_and_holds_each_claims_first_kill() -> None:
    targets = [target(number) for number in range(1, 61)]
    ids = [each.mutant.id for each in targets]
    plan = Plan(
        claims={"TILL-01": ("not in the sample", *ids[:30]), "TILL-02": tuple(ids[30:])},
        targets=dict(zip(ids, targets, strict=True)),
    )
    tried = Tried()
    for number, mutant in enumerate(ids):
        outcome = Outcome.SURVIVED if number == 0 else Outcome.ASSERTION
        tried.add(mutant, Trial("t.py::a", outcome))

    chosen = {each.target.mutant.id for each in choose(plan, GATE, tried, "seed")}
    again = {each.target.mutant.id for each in choose(plan, GATE, tried, "seed")}
    other = {each.target.mutant.id for each in choose(plan, GATE, tried, "another")}

    assert chosen == again != other
    assert {ids[1], ids[30]} <= chosen
    # One in twenty, and the first kills where they are not among them.
    assert 3 <= len(chosen) <= 5
    assert ids[0] not in chosen | other


def test_the_share_is_one_of_what_forks_found_out() -> None:
    targets, tried = {each.mutant.id: each for each in map(target, range(1, 51))}, Tried()
    for mutant in [*targets][::5]:
        tried.add(mutant, Trial("t.py::a", Outcome.SURVIVED))
    plan = Plan(claims={"TILL-01": tuple(targets)}, targets=targets)
    assert [len(choose(plan, GATE, tried, seed)) for seed in "abcdef"] == [1] * 6


@pytest.mark.parametrize(
    ("one", "other", "batches"),
    [
        (check(1, runs="a"), check(2, runs="b"), 1),
        (check(1, runs="ab"), check(2, runs="b"), 2),
        (check(1, runs="a", path="m.py"), check(2, runs="b", path="m.py"), 1),
        (check(1, runs="a"), check(2, runs="b", also="a", path="also.py"), 2),
        (check(1, runs="a", at_import=True), check(2, runs="b"), 2),
        (check(1, runs="c"), check(2, runs="b"), 2),
    ],
)
def test_mutants_share_a_process_only_when_their_tests_run_apart(
    one: Check, other: Check, batches: int
) -> None:
    lines = Lines()
    for each, runs in ((one, one.target.cases), (other, other.target.cases)):
        for case in (*runs, *UNCITED.get(each.target.mutant.id, ())):
            lines.ran[each.target.mutant.path][case] = 1 << each.target.mutant.line
    recorded = Recorded(GATE.gate, GATE.seconds, lines)
    found = in_batches([one, other], recorded, {"t.py::c"})
    assert [check for batch in found for check in batch] == [one, other]
    assert len(found) == batches


def test_what_hung_or_takes_long_is_run_again_before_the_rest() -> None:
    one, two, three, four = (check(n, runs=runs) for n, runs in enumerate("abca", start=1))
    tried = Tried()
    for each, outcome in ((one, "crash"), (two, "assertion"), (three, "timeout"), (four, "crash")):
        tried.add(each.target.mutant.id, Trial("t.py::a", Outcome(outcome), ""))
    seconds = {"t.py::a": 0.2, "t.py::b": 0.1, "t.py::c": 0.1}
    batches = [[two], [one], [one, two, four], [three]]
    found = longest_first(batches, Recorded(GATE.gate, seconds, Lines()), tried)
    assert found == [[three], [one, two, four], [one], [two]]


def test_edits_of_several_mutants_stand_in_one_text() -> None:
    source = "def f(a, b):\n    if a < b:\n        return a\n    return b - 1\n"
    mutants = mutants_of(path="m.py", source=source, name="f")
    by_edit = {mutant.diff(source)[-1]: mutant.text for mutant in mutants}
    texts = [by_edit["+    if a <= b:"], by_edit["+    return b + 1"]]
    assert merged(source, texts) == (
        "def f(a, b):\n    if a <= b:\n        return a\n    return b + 1\n"
    )
    assert merged(source, []) == source
