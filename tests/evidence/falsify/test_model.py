"""falsify.model: which of its trials speak for a mutant, and what they come to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence.engine.falsify.model import MutantRun, Outcome, Trial

MUTANT = MutantRun("abc", "till/money.py", "total", 3, "None returned", "5" * 64, ())
CRASH, ASSERTION = Trial("a", Outcome.CRASH), Trial("b", Outcome.ASSERTION)
SURVIVED, SETUP = Trial("c", Outcome.SURVIVED), Trial("d", Outcome.SETUP_ERROR)
TIMEOUT = Trial("e", Outcome.TIMEOUT)


@pytest.mark.parametrize(
    ("trials", "tests", "kill"),
    [
        ((), "abcde", None),
        ((SURVIVED, SETUP), "abcde", None),
        ((CRASH, ASSERTION), "abcde", ASSERTION),
        ((ASSERTION, CRASH), "abcde", ASSERTION),
        ((SURVIVED, CRASH, TIMEOUT), "abcde", CRASH),
        ((CRASH, ASSERTION), "a", CRASH),
        ((CRASH, ASSERTION), "c", None),
    ],
)
def test_kill_of_a_cited_test_counts_and_one_by_an_assertion_first(
    trials: tuple[Trial, ...], tests: str, kill: Trial | None
) -> None:
    assert replace(MUTANT, trials=trials).kill(frozenset(tests)) == kill


@pytest.mark.parametrize(
    ("trials", "why", "tests", "outcome"),
    [
        ((CRASH, ASSERTION), "", "abcde", Outcome.ASSERTION),
        ((SETUP, SURVIVED), "", "abcde", Outcome.SURVIVED),
        ((SETUP,), "", "abcde", Outcome.SETUP_ERROR),
        ((SURVIVED,), "", "a", Outcome.NOT_COVERED),
        ((), "", "abcde", Outcome.NOT_COVERED),
        ((SURVIVED,), "the server died", "abcde", Outcome.NOT_TRIED),
        ((CRASH,), "the server died", "abcde", Outcome.CRASH),
    ],
)
def test_mutant_comes_to_what_the_cited_tests_said(
    trials: tuple[Trial, ...], why: str, tests: str, outcome: Outcome
) -> None:
    assert replace(MUTANT, trials=trials, why=why).outcome(frozenset(tests)) is outcome
