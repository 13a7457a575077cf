"""judge.falsified: which kills count for a claim, and what a claim without one is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from evidence.engine.falsify.model import Falsification, MutantRun, Outcome, PatchRun, Trial
from evidence.engine.judge.falsified import NO_MUTANTS, NOT_BROKEN_YET, weigh
from evidence.engine.judge.model import Standing
from evidence.engine.mistakes import Place
from evidence.engine.register.model import Claim, Link, Waiver

PLACE = Place("evidence/claims/till.yml", 4)
OWN, OTHER = "tests/test_money.py::test_own", "tests/test_money.py::test_other"
KILLED = Trial(OWN, Outcome.ASSERTION, "assert 1 == 2")
NOTHING_BROKEN = (
    "Nothing was broken to see these tests fail: nothing that is cited has mutants, and the "
    "control of a gate speaks for its gate alone; write a patch in evidence/sabotage and name it "
    "under `sabotage`."
)


def claim(*, tests: tuple[str, ...] = (OWN,), **changes: Any) -> Claim:
    links = {
        name: tuple(Link(text, PLACE) for text in changes.pop(name, ()))
        for name in ("gates", "sabotage")
    }
    cited = tuple(Link(test, PLACE) for test in tests)
    return Claim("TILL-01", "Till", "It adds up.", PLACE, tests=cited, **links, **changes)


def mutant(*trials: Trial, number: int = 1, why: str = "") -> MutantRun:
    return MutantRun(
        id=f"{number:012}",
        path="till/money.py",
        unit="total",
        line=number,
        operator="None returned",
        symbol="5" * 64,
        diff=("-    return sum(prices)", "+    return None"),
        trials=trials,
        why=why,
    )


def record(*mutants: MutantRun, **changes: Any) -> Falsification:
    ids = tuple(each.id for each in mutants)
    return Falsification(claims={"TILL-01": ids}, mutants=mutants, patches=(), **changes)


def patch(outcome: Outcome, target: str = "TILL-01", why: str = "") -> PatchRun:
    return PatchRun("adds-one", target, "It adds one.", ("-a", "+b"), outcome, why=why)


def waiver(**changes: Any) -> Waiver:
    written = Waiver(
        symbol="till/money.py::total",
        mutant=f"{1:012}",
        operator="",
        category="equivalent",
        reason="Nobody can tell.",
        author="sam",
        sha256="5" * 64,
        place=PLACE,
    )
    return replace(written, **changes)


def standing(
    one: Claim,
    found: Falsification | None,
    *waivers: Waiver,
    cites_functions: bool = True,
    functions: tuple[str, ...] = (),
) -> tuple[str, list[str]]:
    rung, _ = weigh(one, found, waivers, cites_functions=cites_functions, functions=functions)
    return rung.standing.value, list(rung.reasons)


def test_claim_whose_every_mutant_its_own_tests_kill_is_falsified() -> None:
    assert standing(claim(), record(mutant(KILLED), mutant(KILLED, number=2))) == ("yes", [])


def test_build_that_tried_no_mutants_measures_what_cites_no_function_alone() -> None:
    tried = replace(record(), claims=None, patches=(patch(Outcome.ASSERTION),))
    broken, whole = claim(sabotage=("adds-one",)), claim()

    assert standing(broken, tried) == standing(whole, tried) == ("not measured", [NO_MUTANTS])
    assert standing(broken, tried, cites_functions=False) == ("yes", [])
    assert standing(whole, tried, cites_functions=False) == ("no", [NOTHING_BROKEN])


def test_nothing_broken_is_not_measured() -> None:
    assert standing(claim(), None) == ("not measured", [NOT_BROKEN_YET])
    assert standing(claim(tests=()), None) == ("n/a", [])


@pytest.mark.parametrize(
    ("trials", "outcome"),
    [
        ((Trial(OWN, Outcome.SURVIVED),), Outcome.SURVIVED),
        ((), Outcome.NOT_COVERED),
        ((Trial(OTHER, Outcome.ASSERTION),), Outcome.NOT_COVERED),
        ((Trial(OWN, Outcome.SETUP_ERROR),), Outcome.SETUP_ERROR),
    ],
)
def test_what_no_cited_test_kills_is_named_with_its_place(
    trials: tuple[Trial, ...], outcome: Outcome
) -> None:
    rung, broken = weigh(claim(), record(mutant(*trials), mutant(KILLED, number=2)), ())

    assert rung.standing is Standing.NO
    assert rung.reasons == (
        "1 of 2 mutants not killed by the cited tests (till/money.py:1 None returned); assert "
        "what they change, or cite the test that does.",
    )
    assert [each.outcome for each in broken.mutations] == [outcome, Outcome.ASSERTION]


def test_kill_by_a_test_that_the_claim_does_not_cite_is_shown_and_does_not_count() -> None:
    uncited = Trial(OTHER, Outcome.ASSERTION, "assert 2 == 3")
    rung, broken = weigh(claim(), record(mutant(Trial(OWN, Outcome.SURVIVED), uncited)), ())

    assert rung.standing is Standing.NO
    assert broken.mutations[0].uncited == uncited
    assert broken.mutations[0].kill is None


def test_kill_by_assertion_is_told_before_a_crash() -> None:
    crash = Trial(OTHER, Outcome.CRASH)
    _, broken = weigh(claim(tests=(OWN, OTHER)), record(mutant(crash, KILLED)), ())
    assert broken.mutations[0].kill == KILLED


def test_test_that_is_red_on_unbroken_code_takes_no_kill_and_taints_only_who_cites_it() -> None:
    found = record(mutant(KILLED, Trial(OTHER, Outcome.ASSERTION)), red={OWN: "it failed."})

    assert standing(claim(), found) == (
        "no",
        [
            f"{OWN} is not green on unbroken code under the harness, so no kill by it counts: "
            "it failed.",
            "1 of 1 mutant not killed by the cited tests (till/money.py:1 None returned); assert "
            "what they change, or cite the test that does.",
        ],
    )
    assert standing(claim(tests=(OTHER,)), found) == ("yes", [])


def test_complaint_of_the_harness_makes_every_kill_worthless() -> None:
    found = record(mutant(KILLED), complaints=("A fresh process says otherwise.",))
    assert standing(claim(), found) == (
        "not measured",
        ["Not measured: the harness cannot be trusted. A fresh process says otherwise."],
    )


def test_complaint_of_the_harness_taints_a_claim_that_patches_alone_speak_for() -> None:
    patched, caught = claim(sabotage=("adds-one",)), patch(Outcome.ASSERTION)
    assert standing(patched, replace(record(), patches=(caught,))) == ("yes", [])
    found = record(complaints=("A fork lied.", "So did one.", "And one."))
    assert standing(patched, replace(found, patches=(caught,))) == (
        "not measured",
        ["Not measured: the harness cannot be trusted. A fork lied. The page Status tells 2 more."],
    )
    # Nothing that could lie speaks for it.
    elsewhere = patch(Outcome.ASSERTION, target="TILL-02")
    (reason,) = standing(claim(), replace(found, patches=(elsewhere,)))[1]
    assert reason.startswith("Nothing was broken")


def test_test_that_is_red_beside_mutants_says_nothing_of_a_claim_without_any() -> None:
    found = replace(record(red={OWN: "it failed."}), patches=(patch(Outcome.ASSERTION),))
    assert standing(claim(sabotage=("adds-one",)), found) == ("yes", [])


def test_mutant_that_could_not_be_tried_is_not_measured_and_says_why() -> None:
    found = record(mutant(KILLED), mutant(number=2, why="the file cannot be edited."))
    assert standing(claim(), found) == (
        "not measured",
        [
            "1 of 2 mutants could not be tried (till/money.py:2 None returned): the file cannot "
            "be edited."
        ],
    )


def test_tests_that_only_ever_die_by_crash_are_called_weak_and_keep_the_rung() -> None:
    rung, broken = weigh(claim(), record(mutant(Trial(OWN, Outcome.CRASH))), ())
    assert rung.standing is Standing.YES
    assert [note.partition(":")[0] for note in broken.notes] == ["Weak"]


def test_waived_survivor_is_no_kill_and_many_of_them_are_told() -> None:
    survivor = mutant(Trial(OWN, Outcome.SURVIVED))
    rung, broken = weigh(claim(), record(survivor, mutant(KILLED, number=2)), (waiver(),))

    assert rung.standing is Standing.YES
    assert broken.count(Outcome.SURVIVED) == 1
    assert len(broken.waived) == 1
    assert broken.notes == (
        "1 of its 2 mutants, 50 %, are waived; more than 15 % is a lot: look for tests that kill "
        "some.",
    )


def test_claim_whose_every_mutant_is_waived_needs_a_patch_that_its_tests_catch() -> None:
    survivors = [mutant(Trial(OWN, Outcome.SURVIVED), number=n) for n in (1, 2)]
    found, every = record(*survivors), waiver(mutant="", operator="None returned")

    assert standing(claim(), found, every) == (
        "no",
        [
            "2 of 2 mutants waived and none killed, so nothing was seen to make these tests fail; "
            "write a patch in evidence/sabotage and name it under `sabotage`."
        ],
    )
    caught = replace(found, patches=(patch(Outcome.ASSERTION),))
    assert standing(claim(sabotage=("adds-one",)), caught, every) == ("yes", [])


def test_what_else_is_said_of_mutants_is_not_said_twice() -> None:
    survivor, untried = mutant(Trial(OWN, Outcome.SURVIVED), number=2), mutant(why="it hung.")
    assert len(standing(claim(), record(survivor))[1]) == 1
    assert len(standing(claim(), record(untried))[1]) == 1
    assert len(standing(claim(), sampled(left_out=3))[1]) == 1


def test_what_another_commit_found_out_is_shown_as_reused() -> None:
    older, oldest = "a" * 40, "b" * 40
    mutants = [replace(mutant(KILLED, number=n), reused_from=older) for n in (1, 2)]
    found = record(
        *mutants, replace(mutant(KILLED, number=3), reused_from=oldest), mutant(KILLED, number=4)
    )
    found = replace(found, patches=(replace(patch(Outcome.ASSERTION), reused_from=older),))
    rung, broken = weigh(claim(), found, ())
    assert rung.standing is Standing.YES
    rest = "; nothing that their outcome is known to hang on changed since."
    assert broken.notes == (
        f"Reused: 2 mutants and 1 of its patches of commit {'a' * 12}{rest}",
        f"Reused: 1 mutant of commit {'b' * 12}{rest}",
    )


@pytest.mark.parametrize(
    ("changes", "is_waived"),
    [
        ({"mutant": "", "operator": "None returned"}, True),
        ({"mutant": "", "operator": "condition forced"}, False),
        ({"mutant": f"{9:012}"}, False),
        ({"sha256": "6" * 64}, False),
        ({"symbol": "till/money.py::change"}, False),
    ],
)
def test_waiver_covers_what_it_names_while_the_symbol_stays(
    changes: dict[str, str], is_waived: bool
) -> None:
    _, broken = weigh(claim(), record(mutant(Trial(OWN, Outcome.SURVIVED))), (waiver(**changes),))
    assert bool(broken.waived) is is_waived


def test_waiver_of_a_mutant_that_is_killed_changes_nothing() -> None:
    _, broken = weigh(claim(), record(mutant(KILLED)), (waiver(),))
    assert broken.waived == ()


@pytest.mark.parametrize("outcome", [Outcome.ASSERTION, Outcome.CRASH, Outcome.TIMEOUT])
def test_patch_that_the_tests_catch_is_a_kill(outcome: Outcome) -> None:
    found = replace(record(mutant(KILLED)), patches=(patch(outcome),))
    assert standing(claim(sabotage=("adds-one",)), found) == ("yes", [])


@pytest.mark.parametrize(
    ("outcome", "stands", "reason"),
    [
        (Outcome.SURVIVED, "no", "Patch adds-one was not caught: all tests passed."),
        (
            Outcome.SETUP_ERROR,
            "no",
            "Patch adds-one broke the tests' set-up, which is no kill: all tests passed.",
        ),
        (Outcome.NOT_TRIED, "not measured", "Patch adds-one could not be tried: all tests passed."),
    ],
)
def test_patch_that_is_no_kill_says_why(outcome: Outcome, stands: str, reason: str) -> None:
    found = replace(record(mutant(KILLED)), patches=(patch(outcome, why="all tests passed."),))
    assert standing(claim(sabotage=("adds-one",)), found) == (stands, [reason])


def test_patch_that_was_not_applied_is_not_measured() -> None:
    assert standing(claim(sabotage=("adds-one",)), record(mutant(KILLED))) == (
        "not measured",
        ["Not measured: patch adds-one was not applied in this run."],
    )


def test_critical_claim_needs_a_patch_that_an_assertion_catches() -> None:
    critical = claim(critical=True, sabotage=("adds-one",))
    for outcome, stands in ((Outcome.CRASH, "no"), (Outcome.ASSERTION, "yes")):
        found = replace(record(mutant(KILLED)), patches=(patch(outcome),))
        assert standing(critical, found)[0] == stands


def test_gate_needs_a_control_patch_that_turns_it_red() -> None:
    one = claim(tests=(), gates=("ruff",))
    without = "Gate ruff has no control patch, so nobody saw it turn red."
    assert standing(one, record()) == ("no", [without])
    for outcome, stands in ((Outcome.RED, "yes"), (Outcome.SURVIVED, "no")):
        found = replace(record(), patches=(patch(outcome, target="ruff"),))
        assert standing(one, found)[0] == stands


def test_tests_over_nothing_that_was_broken_were_never_seen_to_fail() -> None:
    assert standing(claim(), record(), cites_functions=False) == ("no", [NOTHING_BROKEN])
    assert standing(claim(), record()) == ("no", [NOTHING_BROKEN])
    untried = replace(record(), patches=None)
    assert standing(claim(), untried) == (
        "not measured",
        ["Not measured yet: no patch has been applied to see tests and gates fail."],
    )


def test_control_of_a_gate_does_not_stand_in_for_the_cited_tests() -> None:
    gated, red = claim(gates=("ruff",)), patch(Outcome.RED, target="ruff")
    assert standing(gated, replace(record(), patches=(red,))) == ("no", [NOTHING_BROKEN])
    assert standing(gated, replace(record(mutant(KILLED)), patches=(red,))) == ("yes", [])
    patched = claim(gates=("ruff",), sabotage=("adds-one",))
    found = replace(record(), patches=(red, patch(Outcome.ASSERTION)))
    assert standing(patched, found) == ("yes", [])


def unbroken(*names: str) -> tuple[str, list[str]]:
    return (
        "no",
        [
            f"There are no mutants of {', '.join(names)}, so nothing shows that these tests notice "
            "a breakage there; write a patch in evidence/sabotage and name it under `sabotage`."
        ],
    )


def test_cited_function_without_a_mutant_is_named_whatever_was_killed_elsewhere() -> None:
    total, other = "till/money.py::total", "till/money.py::tot"
    own = replace(mutant(KILLED, number=2), unit="Drawer.put")
    found = record(mutant(KILLED), own)
    cited = (total, "till/money.py::Drawer", "till/money.py::Drawer.put")

    assert standing(claim(), found, functions=cited) == ("yes", [])
    assert standing(claim(), found, functions=(total, other)) == unbroken(other)
    # Of another file.
    assert standing(claim(), found, functions=("till/other.py::total",)) == unbroken(
        "till/other.py::total"
    )
    assert standing(claim(), record(), functions=(total, other)) == unbroken(total, other)
    assert standing(claim(tests=(), gates=("ruff",)), record(), functions=(other,)) == (
        "no",
        ["Gate ruff has no control patch, so nobody saw it turn red."],
    )


def test_patch_speaks_for_a_function_without_a_mutant_when_it_is_caught() -> None:
    patched, other = claim(sabotage=("adds-one",)), ("till/money.py::other",)
    for outcome, stands in ((Outcome.ASSERTION, "yes"), (Outcome.SURVIVED, "no")):
        found = replace(record(mutant(KILLED)), patches=(patch(outcome),))
        assert standing(patched, found, functions=other)[0] == stands


def test_function_whose_mutants_were_not_tried_is_not_said_to_have_none() -> None:
    untried = replace(record(), claims=None)
    other = ("till/money.py::other",)
    assert standing(claim(), untried, functions=other) == ("not measured", [NO_MUTANTS])


def sampled(*tried: MutantRun, left_out: int, also: tuple[MutantRun, ...] = ()) -> Falsification:
    others = tuple(mutant(number=100 + number) for number in range(left_out))
    ids = tuple(each.id for each in (*others, *also))
    return record(*tried, *others, *also, left_out={"TILL-01": ids})


def test_sample_that_was_all_killed_is_not_measured_and_never_yes() -> None:
    found = sampled(mutant(KILLED), mutant(KILLED, number=2), left_out=3)

    assert standing(claim(), found) == (
        "not measured",
        [
            "2 of 5 mutants were tried in this build, and all were killed; --all-mutants tries "
            "the others."
        ],
    )


def test_survivor_in_a_sample_is_found_missing() -> None:
    found = sampled(mutant(Trial(OWN, Outcome.SURVIVED)), mutant(KILLED, number=2), left_out=3)

    assert standing(claim(), found) == (
        "no",
        [
            "2 of 5 mutants were tried in this build, and 1 of them was not killed; --all-mutants "
            "tries the others.",
            "1 of 2 mutants not killed by the cited tests (till/money.py:1 None returned); assert "
            "what they change, or cite the test that does.",
        ],
    )


def test_mutant_outside_the_sample_counts_when_another_claim_had_it_killed_by_a_shared_test() -> (
    None
):
    found = sampled(mutant(KILLED), left_out=0, also=(mutant(KILLED, number=2),))
    assert standing(claim(), found) == ("yes", [])


def test_mutant_outside_the_sample_has_not_survived_when_only_some_tests_had_their_turn() -> None:
    partly = mutant(Trial(OWN, Outcome.SURVIVED), number=2)
    rung, broken = weigh(claim(), sampled(mutant(KILLED), left_out=0, also=(partly,)), ())

    assert rung.standing is Standing.NOT_MEASURED
    assert broken.unkilled == ()
    assert [each.mutant for each in broken.left_out] == [partly]


def test_waived_mutant_outside_the_sample_needs_no_trial() -> None:
    found = sampled(mutant(KILLED, number=2), left_out=0, also=(mutant(),))
    assert standing(claim(), found, waiver()) == ("yes", [])
