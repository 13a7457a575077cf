"""Verdicts on hand-made results: which claim turns, on which rung, and what it says."""

from __future__ import annotations

import pytest

from evidence.engine.falsify.model import Falsification, Outcome, PatchRun
from evidence.engine.falsify.record import write_falsified
from evidence.engine.judge.falsified import NO_MUTANTS
from evidence.engine.judge.model import Rung, Standing, Status
from evidence.engine.judge.verdict import not_executed
from evidence.engine.run.model import GateStatus
from tests.evidence.judge.conftest import CHANGE, HOLDS, MONEY, REFUSED, TOTAL

NOT_BROKEN_YET = "Not measured yet: nothing has been broken on purpose to see these tests fail."


def _standings(verdict):
    return {rung.rung.value: rung.standing.value for rung in verdict.rungs}


def _reasons(verdict, rung):
    return list(verdict.rung(rung).reasons)


def _only(recorded, status):
    """The ids of the claims that have the status."""
    return [each.claim.id for each in recorded.judge().verdicts if each.status is status]


def test_healthy_run_stands_at_partly_because_nothing_was_broken_on_purpose(recorded):
    verdict = recorded.verdict("TILL-01")

    assert _standings(verdict) == {
        "linked": "yes",
        "passed": "yes",
        "executed": "yes",
        "falsified": "not measured",
        "demonstrated": "n/a",
    }
    assert verdict.status is Status.PARTLY
    assert verdict.reasons == (NOT_BROKEN_YET,)


def test_build_that_tried_no_mutants_leaves_out_only_what_cites_functions(recorded):
    recorded.run()
    write_falsified(recorded.project.work / "results", Falsification(patches=()))

    unmeasured = [
        verdict.claim.id
        for verdict in recorded.judge().verdicts
        if NO_MUTANTS in verdict.rung(Rung.FALSIFIED).reasons
    ]
    assert unmeasured == ["TILL-01", "TILL-02"]  # The third cites a constant and a file.


def test_cited_functions_without_a_mutant_are_named_claim_by_claim(recorded):
    recorded.run()
    write_falsified(recorded.project.work / "results", Falsification(claims={}, patches=()))

    named = {
        verdict.claim.id: [
            reason.partition(",")[0]
            for reason in verdict.rung(Rung.FALSIFIED).reasons
            if reason.startswith("There are no mutants")
        ]
        for verdict in recorded.judge().verdicts
    }
    assert named == {
        "TILL-01": ["There are no mutants of till/money.py::total"],
        "TILL-02": ["There are no mutants of till/money.py::change"],
        "TILL-03": [],
    }


def test_what_was_broken_of_gates_and_harness_is_part_of_the_judgement(recorded):
    control = PatchRun("red", "tests", "A test is red.", (), Outcome.RED)
    found = Falsification(patches=(control,), complaints=("A fork died.",))
    recorded.run()
    write_falsified(recorded.project.work / "results", found)

    judgement = recorded.judge()

    assert judgement.controls["tests"] == (control,)
    assert judgement.complaints == ("A fork died.",)
    assert judgement.tried


def test_build_that_broke_nothing_tried_nothing(recorded):
    judgement = recorded.judge()

    assert (judgement.controls, judgement.complaints, judgement.tried) == ({}, (), False)


def test_claim_without_tests_has_no_executed_rung(recorded):
    assert recorded.verdict("TILL-03").rung(Rung.EXECUTED).standing is Standing.NOT_APPLICABLE


def test_evidence_names_lines_cases_and_gate(recorded):
    verdict = recorded.verdict("TILL-02")
    by_id = {test.id: test for test in verdict.tests}

    assert by_id[CHANGE].cases == 2
    assert by_id[CHANGE].executes == ((MONEY, recorded.line("return paid - price")),)
    assert by_id[HOLDS].gate == "tests"
    assert by_id[HOLDS].first < by_id[HOLDS].last
    assert [(code.path, code.symbol) for code in verdict.code] == [
        (MONEY, "change"),
        (MONEY, "Drawer.put"),
    ]


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (
            "failed",
            f"{TOTAL} failed in gate tests: tests/test_money.py:14: AssertionError: assert 1 == 2",
        ),
        (
            "error",
            f"{TOTAL} ended in an error in gate tests: tests/test_money.py:14: "
            "AssertionError: assert 1 == 2",
        ),
        ("skipped", f"{TOTAL} was skipped in gate tests: no drawer"),
        (
            "xfailed",
            f"{TOTAL} is marked as an expected failure and failed in gate tests: "
            "tests/test_money.py:14: AssertionError: assert 1 == 2",
        ),
        ("xpassed", f"{TOTAL} is marked as an expected failure, yet passed in gate tests."),
    ],
)
def test_anything_but_passed_turns_exactly_its_claim(recorded, outcome, reason):
    recorded.cases[TOTAL] = outcome

    assert _only(recorded, Status.NOT) == ["TILL-01"]
    assert _reasons(recorded.verdict("TILL-01"), Rung.PASSED) == [reason]


def test_one_bad_case_of_a_parametrized_test_is_enough(recorded):
    recorded.cases[f"{CHANGE}[350-350-0]"] = "failed"

    verdict = recorded.verdict("TILL-02")

    assert verdict.status is Status.NOT
    assert _reasons(verdict, Rung.PASSED)[0].startswith(
        f"{CHANGE} failed in 1 of its 2 cases in gate tests: "
    )


def test_test_that_never_ran_says_what_to_do(recorded):
    del recorded.cases[TOTAL], recorded.lines[f"{TOTAL}|run"]

    verdict = recorded.verdict("TILL-01")

    assert verdict.status is Status.NOT
    assert verdict.tests[0].outcome == "never ran"
    assert verdict.reasons == (
        f"{TOTAL} never ran in gate tests; have a gate's pytest arguments select it, or cite a "
        "test that runs.",
        f"{TOTAL} did not run, so it has run no line of the cited code.",
        NOT_BROKEN_YET,
    )


def test_name_that_only_begins_like_a_case_is_another_test(recorded):
    recorded.cases = {f"{TOTAL}_twice": "passed"}

    assert recorded.verdict("TILL-01").status is Status.NOT


def test_gate_that_failed_without_a_report_is_named(recorded):
    recorded.cases = {}
    recorded.gates["tests"] = (GateStatus.FAILED, "stopped at its deadline of 60 s.")

    assert _reasons(recorded.verdict("TILL-01"), Rung.PASSED) == [
        f"{TOTAL} never ran: gate tests failed (stopped at its deadline of 60 s).",
        "Gate tests failed: stopped at its deadline of 60 s.",
    ]


def test_failing_in_any_gate_is_failing(recorded):
    recorded.stranger.replace(
        "evidence/gates.yml",
        "  - id: imports\n",
        "  - id: slow\n    proves: Again.\n    pytest: [tests]\n  - id: imports\n",
    )
    recorded.also_ran_in("slow", {TOTAL: "failed"}, "AssertionError: too slow")

    verdict = recorded.verdict("TILL-01")

    assert verdict.status is Status.NOT
    assert (verdict.tests[0].outcome, verdict.tests[0].gate) == ("failed", "slow")


def test_skipped_here_and_passed_there_is_passed(recorded):
    recorded.stranger.replace(
        "evidence/gates.yml",
        "  - id: imports\n",
        "  - id: slow\n    proves: Again.\n    pytest: [tests]\n  - id: imports\n",
    )
    recorded.also_ran_in("slow", {TOTAL: "skipped"})

    verdict = recorded.verdict("TILL-01")

    assert (verdict.tests[0].outcome, verdict.tests[0].gate) == ("passed", "tests")


def test_failed_gate_turns_the_claims_that_cite_it(recorded):
    recorded.gates["imports"] = (GateStatus.FAILED, "Exit code 1.")

    assert _only(recorded, Status.NOT) == ["TILL-03"]
    assert _reasons(recorded.verdict("TILL-03"), Rung.PASSED) == [
        "Gate imports failed: Exit code 1."
    ]


def test_gate_this_machine_cannot_run_leaves_a_claim_partly_if_something_else_passed(recorded):
    recorded.stranger.replace(
        "evidence/claims/till.yml", "gates: [tests]", "gates: [tests, imports]"
    )
    recorded.gates["imports"] = (GateStatus.NOT_RUN, "No Docker engine.")

    assert recorded.verdict("TILL-01").status is Status.PARTLY
    assert _reasons(recorded.verdict("TILL-01"), Rung.PASSED) == [
        "Gate imports was not run: No Docker engine."
    ]


def test_claim_with_nothing_but_a_gate_that_cannot_run_is_not_met(recorded):
    recorded.gates["imports"] = (GateStatus.NOT_RUN, "No Docker engine.")

    assert _only(recorded, Status.NOT) == ["TILL-03"]


def test_gate_that_cannot_run_does_not_excuse_a_failed_test(recorded):
    recorded.stranger.replace(
        "evidence/claims/till.yml", "gates: [tests]", "gates: [tests, imports]"
    )
    recorded.gates["imports"] = (GateStatus.NOT_RUN, "No Docker engine.")
    recorded.cases[TOTAL] = "skipped"

    assert recorded.verdict("TILL-01").status is Status.NOT


def test_gate_that_was_not_selected_is_not_excused(recorded):
    recorded.stranger.replace(
        "evidence/claims/till.yml", "gates: [tests]", "gates: [tests, imports]"
    )
    del recorded.gates["imports"]

    assert recorded.verdict("TILL-01").status is Status.NOT


def test_dead_code_link_is_not_met_and_says_what_was_meant(recorded):
    recorded.stranger.replace("evidence/claims/till.yml", "money.py::total", "money.py::totl")

    verdict = recorded.verdict("TILL-01")

    assert _only(recorded, Status.NOT) == ["TILL-01"]
    assert verdict.code[0].first == 0
    assert _reasons(verdict, Rung.LINKED) == [
        "TILL-01 cites till/money.py::totl: not found in till/money.py; did you mean total?"
    ]
    assert _reasons(verdict, Rung.EXECUTED) == [
        "No test can run till/money.py::totl: there is no such code."
    ]


def test_dead_test_link_is_not_met_even_if_a_test_of_that_name_ran(recorded):
    recorded.stranger.replace("tests/test_money.py", "test_total_adds_up", "test_total_of_all")

    verdict = recorded.verdict("TILL-01")

    assert verdict.status is Status.NOT
    assert _reasons(verdict, Rung.PASSED) == [f"{TOTAL} never ran: there is no such test."]


def test_passing_test_that_never_calls_the_code_fails_executed(recorded):
    recorded.lines[f"{TOTAL}|run"] = [recorded.line("return paid - price")]

    verdict = recorded.verdict("TILL-01")

    assert verdict.status is Status.PARTLY
    assert verdict.rung(Rung.PASSED).standing is Standing.YES
    assert _reasons(verdict, Rung.EXECUTED) == [
        f"{TOTAL} passed without running a line of the code it is cited for "
        "(till/money.py::total); cite a test that calls it, or the code that this test calls."
    ]


def test_what_ran_no_cited_line_is_told_of_the_claims_that_are_asked_for(recorded, tmp_path):
    recorded.lines[f"{TOTAL}|run"] = [recorded.line("return paid - price")]
    recorded.lines[f"{HOLDS}|setup"] = recorded.lines.pop(f"{HOLDS}|run")
    run, results = recorded.run(), recorded.project.work / "results"
    elsewhere = results.rename(tmp_path / "elsewhere")

    first, second, *_ = recorded.register.claims
    both = not_executed(recorded.project, recorded.register, [first, second], run, elsewhere)
    assert [told.split(" ")[:2] for told in both] == [["TILL-01", TOTAL], ["TILL-02", HOLDS]]
    assert "without running a line of the code it is cited for" in both[0]
    assert "only in its setup or teardown" in both[1]
    one = not_executed(recorded.project, recorded.register, [second], run, elsewhere)
    assert one == both[1:]


def test_lines_run_by_setup_alone_do_not_count_and_are_shown_apart(recorded):
    line = recorded.line("return sum(prices)")
    recorded.lines[f"{TOTAL}|setup"] = recorded.lines.pop(f"{TOTAL}|run")

    verdict = recorded.verdict("TILL-01")

    assert verdict.rung(Rung.EXECUTED).standing is Standing.NO
    assert verdict.tests[0].setup_only == ((MONEY, line),)
    assert "only in its setup or teardown" in _reasons(verdict, Rung.EXECUTED)[0]


def test_one_idle_test_among_several_is_named_alone(recorded):
    del recorded.lines[f"{REFUSED}|run"]

    reasons = _reasons(recorded.verdict("TILL-02"), Rung.EXECUTED)

    assert len(reasons) == 1
    assert reasons[0].startswith(f"{REFUSED} passed without running a line")


def test_missing_coverage_is_never_read_as_executed(recorded):
    recorded.has_coverage = False

    assert _reasons(recorded.verdict("TILL-01"), Rung.EXECUTED) == [
        f"{TOTAL} ran in gate tests, which recorded no coverage by test; see what switches "
        "it off: --no-cov, -p no:cov, or dynamic_context in coverage's settings."
    ]


def test_file_that_coverage_never_measured_is_named(recorded):
    recorded.lines = {}

    assert _reasons(recorded.verdict("TILL-01"), Rung.EXECUTED) == [
        f"{TOTAL} passed, but coverage measured nothing in till/money.py; cite a test that calls "
        "it in its own process."
    ]


def test_requirements_follow_their_claims_and_uncited_ones_are_not_met(recorded):
    recorded.cases[REFUSED] = "failed"

    assert recorded.judge().requirements == {
        "T1": Status.NOT,
        "T2": Status.NOT,
        "T3": Status.PARTLY,
        "T4": Status.NOT,
    }


@pytest.mark.parametrize("broken", ["cases", "lines", "gates"])
def test_every_missing_rung_has_a_reason_and_none_is_said_twice(recorded, broken):
    if broken == "gates":
        recorded.gates = dict.fromkeys(recorded.gates, (GateStatus.NOT_RUN, "No."))
    else:
        setattr(recorded, broken, {})

    for verdict in recorded.judge().verdicts:
        assert len(set(verdict.reasons)) == len(verdict.reasons)
        for rung in verdict.rungs:
            is_missing = rung.standing in (Standing.NO, Standing.NOT_MEASURED)
            assert bool(rung.reasons) == is_missing
            assert set(rung.reasons) <= set(verdict.reasons)


def test_same_results_give_the_same_judgement(recorded):
    assert recorded.judge() == recorded.judge()
