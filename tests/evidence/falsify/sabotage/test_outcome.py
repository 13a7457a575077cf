"""falsify.sabotage.outcome: what of pytest's report and of a gate's log counts as caught."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evidence.engine.falsify.model import Outcome
from evidence.engine.falsify.sabotage.outcome import Answer, of_gate, of_tests
from evidence.engine.run.log import RULE
from evidence.engine.run.model import GateRun, GateStatus

TEST, BROKEN = "tests/test_money.py", "till/money.py"


def ran(status: GateStatus, why: str = "") -> GateRun:
    return GateRun("tests", status, why, None, (), "", "", 0.0, failures=("what was said",))


def failed(message: str, last: str = "", at: str = TEST, phase: str = "call") -> dict[str, Any]:
    """A test that failed in a phase: what was raised, and what pytest says of its last line."""
    trace = [{"path": f"<repo>/{TEST}", "message": ""}, {"path": f"<repo>/{at}", "message": last}]
    return {phase: {"outcome": "failed", "crash": {"message": message}, "traceback": trace}}


def several(error: str) -> dict[str, Any]:
    """Of what was raised together only pytest's own text tells, and no line of it is the last."""
    message = "ExceptionGroup: two (2 sub-exceptions)"
    call = {"crash": {"message": message}, "longrepr": f"  | {message}\n    | {error}\n"}
    return {"call": {"outcome": "failed", **call}}


@pytest.fixture
def answer(tmp_path: Path) -> Any:
    def answer(*tests: dict[str, Any], run: GateRun | None = None) -> Answer:
        report = tmp_path / "pytest.json"
        named = [{"nodeid": f"{TEST}::test_{n}[a]"} | test for n, test in enumerate(tests)]
        report.write_text(json.dumps({"tests": named}), encoding="utf-8")
        return of_tests(run or ran(GateStatus.FAILED, "exit code 1"), report, [BROKEN])

    return answer


@pytest.mark.parametrize(
    ("test", "outcome"),
    [
        (failed("assert 500 == 150", "AssertionError"), Outcome.ASSERTION),
        (failed("AssertionError: ValueError not raised", "in _refused"), Outcome.ASSERTION),
        (failed("Failed: DID NOT RAISE <class 'ValueError'>", "Failed"), Outcome.ASSERTION),
        (failed("Failed: Stripe was asked", "in no_call", at="outcomes.py"), Outcome.ASSERTION),
        (failed("Failed: Timeout >5.0s", "Failed"), Outcome.TIMEOUT),
        (failed("Failed: Timeout >5.0s", "Failed", at=BROKEN), Outcome.TIMEOUT),
        (several("AssertionError: no"), Outcome.ASSERTION),
        (several("KeyError: 1"), Outcome.CRASH),
        (failed("ZeroDivisionError: division by zero", "ZeroDivisionError"), Outcome.CRASH),
        ({"call": {"outcome": "failed"}}, Outcome.CRASH),
        # The broken file asserts by itself: that is no judgement of the test's.
        (failed("AssertionError", "AssertionError", at=BROKEN), Outcome.CRASH),
    ],
)
def test_a_test_that_fails_in_its_own_phase_is_a_kill_of_its_kind(
    answer: Any, test: dict[str, Any], outcome: Outcome
) -> None:
    assert answer({"call": {"outcome": "passed"}}, test) == Answer(
        outcome, red=(f"{TEST}::test_1[a]",), log=("what was said",)
    )


def test_an_assertion_outweighs_a_crash(answer: Any) -> None:
    found = answer(failed("KeyError: 1", "KeyError"), failed("assert 1", "AssertionError"))
    assert (found.outcome, found.red) == (Outcome.ASSERTION, (f"{TEST}::test_1[a]",))


@pytest.mark.parametrize("phase", ["setup", "teardown"])
def test_what_fails_around_the_test_is_no_kill(answer: Any, phase: str) -> None:
    found = answer(failed("AssertionError: no drawer", "AssertionError", phase=phase))
    assert (found.outcome, found.red) == (Outcome.SETUP_ERROR, ())
    assert found.why == "no test got as far as its own lines: exit code 1"


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (
            ran(GateStatus.PASSED),
            Answer(Outcome.SURVIVED, f"{TEST}::test_0 passed all the same"),
        ),
        (ran(GateStatus.NOT_RUN, "no git"), Answer(Outcome.NOT_TRIED, "no git")),
        (
            ran(GateStatus.FAILED, "its deadline of 60 s passed"),
            Answer(Outcome.TIMEOUT, log=("what was said",)),
        ),
    ],
)
def test_tests_that_did_not_fail_say_why_nothing_was_caught(
    answer: Any, run: GateRun, expected: Answer
) -> None:
    assert answer({"call": {"outcome": "passed"}}, run=run) == expected


def test_a_report_that_nobody_wrote_is_no_kill(tmp_path: Path) -> None:
    found = of_tests(ran(GateStatus.FAILED, "it died"), tmp_path / "none.json", [])
    assert (found.outcome, found.red) == (Outcome.SETUP_ERROR, ())


@pytest.mark.parametrize(
    ("status", "expect", "outcome", "why"),
    [
        (GateStatus.FAILED, "gone", Outcome.RED, ""),
        (GateStatus.PASSED, "gone", Outcome.SURVIVED, "the gate passed"),
        (GateStatus.NOT_RUN, "gone", Outcome.NOT_TRIED, "the gate was not run: no engine"),
        (
            GateStatus.FAILED,
            "lost",
            Outcome.SURVIVED,
            'the gate failed, but its log does not hold "lost" (no engine)',
        ),
        (
            GateStatus.FAILED,
            "always",
            Outcome.SURVIVED,
            '"always" stands in the log of the unbroken gate too, so it shows nothing',
        ),
        # Words of the log's head are not what the gate said.
        (
            GateStatus.FAILED,
            "argv",
            Outcome.SURVIVED,
            'the gate failed, but its log does not hold "argv" (no engine)',
        ),
    ],
)
def test_a_gate_counts_only_when_it_is_red_for_the_expected_reason(
    tmp_path: Path, status: GateStatus, expect: str, outcome: Outcome, why: str
) -> None:
    log, clean = tmp_path / "broken.log", tmp_path / "clean.log"
    log.write_text(f"argv: x\n{RULE}\nit always says so\nNo module named gone\n", "utf-8")
    clean.write_text(f"argv: x\n{RULE}\nit always says so\n", "utf-8")

    found = of_gate(ran(status, "no engine"), log, expect, clean)

    assert (found.outcome, found.why) == (outcome, why)
    shown = () if status is GateStatus.NOT_RUN else ("it always says so", "No module named gone")
    assert found.log == shown
