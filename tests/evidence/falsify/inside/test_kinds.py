"""falsify.inside.kinds: one judgement of a failure, for a fork and for the report of a process."""

from __future__ import annotations

import signal

import pytest

from evidence.engine.falsify.inside.kinds import kind_of


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("assert 500 == 150", "assertion"),
        ("AssertionError", "assertion"),
        ("AssertionError: ValueError not raised", "assertion"),
        ("Failed: DID NOT RAISE <class 'ValueError'>", "assertion"),
        ("Failed: Stripe was asked", "assertion"),
        ("Failed", "assertion"),
        ("Failed: Timeout >5.0s", "timeout"),
        ("Failed: Timeout (>5.0s) from pytest-timeout.", "timeout"),
        ("ZeroDivisionError: division by zero", "crash"),
        ("shop.errors.Failed: Timeout", "crash"),
        ("FailedToPay: assert", "crash"),
        ("ValueError: it said\nAssertionError: no", "crash"),
        ("ValueError: assert 1 == 2", "crash"),
        ("", "crash"),
    ],
)
def test_what_was_raised_says_who_noticed(message: str, kind: str) -> None:
    assert kind_of(message) == kind


def printed(*members: str) -> str:
    """A group as pytest prints it; each member has a traceback of its own."""
    lines = ["  + Exception Group Traceback (most recent call last):"]
    lines += ['  |   File "t.py", line 3, in test', "  | ExceptionGroup: two (2 sub-exceptions)"]
    lines += ["  +-+---------------- 1 ----------------"]
    for member in members:
        lines += ["    | Traceback (most recent call last):", '    |   File "t.py", line 1, in one']
        lines += ["    |     assert 1 == 2", f"    | {member}", "    +--------- 2 ------"]
    return "\n".join(lines)


LATE, CRASHED, ASSERTED = "Failed: Timeout >5.0s", "ValueError: 1", "AssertionError: no"
DEEPER = "ExceptionGroup: in (1 sub-exception)\n    +-+---- 1 ----\n      | AssertionError: deep"


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ([CRASHED, LATE, ASSERTED], "assertion"),
        ([ASSERTED, CRASHED], "assertion"),
        ([DEEPER, CRASHED], "assertion"),
        ([CRASHED, LATE], "timeout"),
        ([CRASHED, CRASHED], "crash"),
        ([], "crash"),
    ],
)
@pytest.mark.parametrize("group", ["ExceptionGroup", "BaseExceptionGroup"])
def test_of_several_ends_an_assertion_counts_and_else_a_deadline(
    members: list[str], kind: str, group: str
) -> None:
    assert kind_of(f"{group}: two (2 sub-exceptions)", printed(*members)) == kind


def test_what_is_printed_of_one_failure_alone_says_nothing_more() -> None:
    assert kind_of("ValueError: 1", printed(ASSERTED)) == "crash"


def test_a_loop_that_never_ends_is_late_and_no_assertion(ends_soon: None) -> None:
    """What is asked for here happens by itself after half a second of computing."""
    with pytest.raises(pytest.fail.Exception) as ended:
        signal.raise_signal(signal.SIGVTALRM)
    assert kind_of(ended.exconly()) == "timeout"
