"""The words and style names that pages use for statuses, standings and outcomes."""

from __future__ import annotations

from dataclasses import dataclass

from evidence.engine.judge.model import Judgement, Rung, Said, Standing, Status
from evidence.engine.run.model import GateStatus


@dataclass(frozen=True)
class Word:
    """What a page says (`label`) and the style that goes with it (`style`)."""

    label: str
    style: str


STATUS = {
    Status.MET: Word("Met", "met"),
    Status.PARTLY: Word("Partly met", "partly"),
    Status.NOT: Word("Not met", "not"),
    Status.OUT: Word("Out of scope", "out"),
}

STANDING = {
    Standing.YES: Word("yes", "met"),
    Standing.NO: Word("no", "not"),
    Standing.NOT_APPLICABLE: Word("not applicable", "out"),
    Standing.NOT_MEASURED: Word("not measured", "partly"),
}

GATE = {
    GateStatus.PASSED: Word("passed", "met"),
    GateStatus.FAILED: Word("failed", "not"),
    GateStatus.NOT_RUN: Word("not run", "partly"),
}

RUNG = {
    Rung.LINKED: ("Linked", "every symbol, test, gate, page and demo step it cites exists"),
    Rung.PASSED: ("Passed", "in this build the cited tests and gates ran and passed"),
    Rung.EXECUTED: ("Executed", "each cited test runs lines of the cited code while it tests"),
    Rung.FALSIFIED: (
        "Falsified",
        "the cited tests, or its gates where it cites none, fail when it is broken on purpose",
    ),
    Rung.DEMONSTRATED: ("Demonstrated", "its demo step ran in a real browser"),
}


def said(sentence: Said, judgement: Judgement) -> Word:
    """Whether its claims bear a sentence that is said elsewhere."""
    if not sentence.unborne_by:
        return Word("borne", "met")
    if sentence in judgement.says_too_much:
        return Word("says more than is proved", "not")
    return Word("not judged: nothing was broken on purpose in this build", "partly")


def outcome(text: str) -> Word:
    """The word for a cited test's outcome: passed, failed, error, skipped or never ran."""
    return Word(text, {"passed": "met", "skipped": "partly", "xfailed": "partly"}.get(text, "not"))
