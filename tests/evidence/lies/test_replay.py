"""engine.lies: a lie that nothing gives away is called one, and so is an honest till accused."""

from __future__ import annotations

import pytest

from evidence.engine.lies import replay as lies


def told(monkeypatch: pytest.MonkeyPatch, *lie: lies.Lie) -> tuple[bool, list[str]]:
    monkeypatch.setattr(lies, "LIES", lie)
    said: list[str] = []
    return lies.replay(said.append), said


def test_a_lie_that_is_given_away_is_caught_in_one_sentence(monkeypatch):
    (asserts_nothing,) = (lie for lie in lies.LIES if lie.letter == "b")

    caught, said = told(monkeypatch, asserts_nothing)

    assert caught
    assert said[-2:] == [
        "caught: Patch dearest-only was not caught: tests/test_money.py::test_total_adds_up "
        "passed all the same.",
        "1 of 1 lies caught.",
    ]


def test_what_nothing_gives_away_is_not_caught(monkeypatch):
    lie = lies.Lie("x", "nothing is wrong.", lambda folder: ("ask", "all is well"), "a lie")

    caught, said = told(monkeypatch, lie)

    assert not caught
    first, second = said[:2]
    assert first == "The honest till: no word of what gives the lies away."
    assert second == "  $ build_evidence.py run"
    assert said[-6:] == [
        "",
        "Lie x: nothing is wrong.",
        "  $ ask",
        "  | all is well",
        "NOT CAUGHT",
        "0 of 1 lies caught.",
    ]


def test_a_sentence_that_accuses_the_honest_as_well_is_no_proof(monkeypatch):
    lie = lies.Lie("x", "it is a lie.", lambda folder: ("ask", "1 met"), "1 met")

    caught, said = told(monkeypatch, lie)

    assert not caught
    assert "NOT HONEST TO IT: 1 met" in said
