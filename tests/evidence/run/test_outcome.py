"""What a gate's end means, and that a leak outweighs all that a gate says of itself."""

from __future__ import annotations

import pytest

from evidence.engine.run.capture import Captured
from evidence.engine.run.model import GateStatus
from evidence.engine.run.outcome import Left, outcome
from evidence.engine.run.process import Ended, EndedBy
from tests.evidence.run.conftest import gate

PASSED, FAILED, NOT_RUN = GateStatus.PASSED, GateStatus.FAILED, GateStatus.NOT_RUN
LEAK = "the planted secret came through"


def left(*, leaks: tuple[str, ...] = (), missing: tuple[str, ...] = ()) -> Left:
    return Left(artifacts=(), report=None, leaks=leaks, missing=missing)


def end(exit_code: int, by: EndedBy = EndedBy.ITSELF) -> Ended:
    return Ended(exit_code, by, ())


def captured(text: str = "") -> Captured:
    return Captured(text.encode(), "UTF-8", len(text), 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("ended", "found", "status", "why"),
    [
        (end(0), left(), PASSED, ""),
        (end(3), left(), FAILED, "exit code 3"),
        (end(-9), left(), FAILED, "by signal 9 (SIGKILL)"),
        (end(0), left(missing=("no a", "no b")), FAILED, "no a; no b"),
        (end(3), left(missing=("no a",)), FAILED, "exit code 3"),
        (end(77), left(), NOT_RUN, "no Docker engine"),
        (end(-15, EndedBy.STOP), left(leaks=(LEAK,)), NOT_RUN, "the run was stopped"),
        (
            end(-9, EndedBy.DEADLINE),
            left(),
            FAILED,
            "still running at its deadline of 60 s; find what hangs or raise timeout_s",
        ),
        (end(-9, EndedBy.DEADLINE), left(leaks=(LEAK, "twice")), FAILED, f"{LEAK}; twice"),
        (end(0), left(leaks=(LEAK,)), FAILED, LEAK),
        (end(77), left(leaks=(LEAK,)), FAILED, LEAK),
    ],
)
def test_each_end_has_its_status_and_its_sentence(
    ended: Ended, found: Left, status: GateStatus, why: str
) -> None:
    one = gate(script="print(1)", timeout_s=60)
    assert outcome(one, ended, captured("looking\nno Docker engine\n"), found) == (status, why)


def test_gate_that_cannot_run_and_gives_no_reason_is_told_so() -> None:
    ended = end(77)
    assert outcome(gate(script=""), ended, captured(), left()) == (
        NOT_RUN,
        "it exited with 77 and gave no reason",
    )


def test_gate_of_tests_passes_only_by_its_report() -> None:
    tests, ended = gate(pytest=("tests",)), end(0)
    status, why = outcome(tests, ended, captured(), left())
    assert status is FAILED
    assert why == "pytest wrote no report (exit code 0); see the log"
