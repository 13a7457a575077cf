"""What a breakage came to, by what pytest reported or the gate printed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evidence.engine.falsify.inside.kinds import kind_of
from evidence.engine.falsify.model import Outcome
from evidence.engine.run.contexts import without_case
from evidence.engine.run.log import RULE
from evidence.engine.run.model import GateRun, GateStatus

_SHOWN_LINES = 24
_BEFORE, _AFTER = 3, 12


@dataclass(frozen=True)
class Answer:
    """How the tests or the gate answered; `red` are tests, `why` is empty when it is a kill."""

    outcome: Outcome
    why: str = ""
    red: tuple[str, ...] = ()
    log: tuple[str, ...] = ()


def of_tests(run: GateRun, report: Path, touches: Iterable[str]) -> Answer:
    """An assertion outweighs a crash, and what fails before the test itself runs is no kill."""
    if run.status is GateStatus.NOT_RUN:
        return Answer(Outcome.NOT_TRIED, run.why)
    tests = _tests(report)
    found = {_case(test): _call(test, frozenset(touches)) for test in tests}
    for outcome in (Outcome.ASSERTION, Outcome.CRASH, Outcome.TIMEOUT):
        if red := tuple(name for name, answer in found.items() if answer is outcome):
            return Answer(outcome, red=red, log=run.failures[:_SHOWN_LINES])
    if run.status is GateStatus.PASSED:
        return Answer(Outcome.SURVIVED, _passed(tests))
    if "deadline" in run.why:
        return Answer(Outcome.TIMEOUT, log=run.failures[:_SHOWN_LINES])
    why = f"no test got as far as its own lines: {run.why}"
    return Answer(Outcome.SETUP_ERROR, why, log=run.failures[:_SHOWN_LINES])


def of_gate(run: GateRun, log: Path, expect: str, clean_log: Path) -> Answer:
    """Red counts only with the expected words in the log, which the unbroken run did not print."""
    if run.status is GateStatus.NOT_RUN:
        return Answer(Outcome.NOT_TRIED, f"the gate was not run: {run.why}")
    lines = _body(log)
    if run.status is GateStatus.PASSED:
        return Answer(Outcome.SURVIVED, "the gate passed", log=_end(lines))
    at = next((number for number, line in enumerate(lines) if expect in line), None)
    if at is None:
        why = f'the gate failed, but its log does not hold "{expect}" ({run.why})'
        return Answer(Outcome.SURVIVED, why, log=_end(lines))
    if any(expect in line for line in _body(clean_log)):
        why = f'"{expect}" stands in the log of the unbroken gate too, so it shows nothing'
        return Answer(Outcome.SURVIVED, why, log=_end(lines))
    return Answer(Outcome.RED, log=tuple(lines[max(0, at - _BEFORE) : at + _AFTER]))


def red_tests(run: GateRun, report: Path, asked: Iterable[str]) -> dict[str, str]:
    """Which of these tests did not pass on unbroken code, each with a sentence."""
    if run.status is GateStatus.NOT_RUN:
        return dict.fromkeys(asked, f"did not run on unbroken code ({run.why})")
    outcomes: dict[str, set[str]] = {}
    for test in _tests(report):
        outcomes.setdefault(_name(test), set()).add(str(test.get("outcome")))
    return {
        test: f"{_worst(outcomes.get(test))} on unbroken code in a copy of the project"
        for test in asked
        if outcomes.get(test) != {"passed"}
    }


def _worst(found: set[str] | None) -> str:
    words = {"error": "ended in an error", "skipped": "was skipped"}
    worst = sorted(found - {"passed"})[0] if found else "never ran"
    return words.get(worst, worst)


def _tests(report: Path) -> list[dict[str, Any]]:
    try:
        return [each for each in json.loads(report.read_bytes())["tests"] if "nodeid" in each]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _name(test: dict[str, Any]) -> str:
    return without_case(str(test["nodeid"]))


def _case(test: dict[str, Any]) -> str:
    return str(test["nodeid"])


def _call(test: dict[str, Any], touches: frozenset[str]) -> Outcome | None:
    """How the test's own phase ended, if badly."""
    call = test.get("call") or {}
    if call.get("outcome") != "failed":
        return None
    crash = call.get("crash") or {}
    kind = Outcome(kind_of(str(crash.get("message", "")), str(call.get("longrepr", ""))))
    last = (call.get("traceback") or [{}])[-1]
    where = str(last.get("path", "")).removeprefix("<repo>/")
    return judged(kind, is_own=where in touches)


def judged(kind: Outcome, *, is_own: bool) -> Outcome:
    """An assertion that the broken file makes itself is no judgement of the test's."""
    return Outcome.CRASH if is_own and kind is Outcome.ASSERTION else kind


def _passed(tests: Sequence[dict[str, Any]]) -> str:
    names = dict.fromkeys(_name(test) for test in tests)
    return f"{', '.join(names)} passed all the same" if names else "no test noticed"


def _body(log: Path) -> list[str]:
    """The log below its head; nothing when there is none."""
    try:
        text = log.read_text("utf-8")
    except OSError:
        return []
    return text.partition(f"{RULE}\n")[2].splitlines()


def _end(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(lines[-_SHOWN_LINES:])
