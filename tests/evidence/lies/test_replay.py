"""engine.lies: a lie that nothing gives away is called one, and so is an honest till accused."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from evidence.engine.lies import replay as lies

HONEST = [
    "The honest till: no word of what gives the lies away.",
    "  $ build_evidence.py run",
    "  | 1 met",
    "  | all is well",
]


def told(monkeypatch: pytest.MonkeyPatch, *lie: lies.Lie) -> tuple[bool, list[str]]:
    monkeypatch.setattr(lies, "LIES", lie)
    said: list[str] = []
    return lies.replay(said.append), said


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders in which an honest till was asked, of which the engine only pretends to run."""
    folders: list[Path] = []

    def open_(folder: Path) -> SimpleNamespace:
        folders.append(folder)
        return SimpleNamespace(engine={"run": "1 met\nall is well"}.__getitem__)

    monkeypatch.setattr(lies, "Till", SimpleNamespace(opened=open_))
    return folders


def lie(letter: str, printed: str, given_away: str) -> lies.Lie:
    def tell(folder: Path) -> tuple[str, str]:
        assert folder.name == letter
        assert folder.parent.is_dir()
        return "ask", printed

    return lies.Lie(letter, "something is wrong.", tell, given_away)


@pytest.mark.slow
def test_a_lie_that_is_given_away_is_caught_in_one_sentence(monkeypatch):
    (asserts_nothing,) = (lie for lie in lies.LIES if lie.letter == "b")

    caught, said = told(monkeypatch, asserts_nothing)

    assert caught
    assert said[-2:] == [
        "caught: Patch dearest-only was not caught: tests/test_money.py::test_total_adds_up "
        "passed all the same.",
        "1 of 1 lies caught.",
    ]


def test_each_lie_has_a_project_of_its_own_and_a_sentence(monkeypatch, opened):
    first = lie("x", "It ran. Nothing was called, it says. It ended.\nNothing else.", "was called")
    other = lie("y", "nobody looked", "nobody looked")

    assert told(monkeypatch, first, other) == (
        True,
        [
            *HONEST,
            "",
            "Lie x: something is wrong.",
            "  $ ask",
            "  | It ran. Nothing was called, it says. It ended.",
            "  | Nothing else.",
            "caught: Nothing was called, it says.",
            "",
            "Lie y: something is wrong.",
            "  $ ask",
            "  | nobody looked",
            "caught: nobody looked",
            "2 of 2 lies caught.",
        ],
    )
    (honest,) = opened
    assert honest.name == "honest"
    assert not honest.parent.exists()


def test_what_nothing_gives_away_is_not_caught(monkeypatch, opened):
    caught, said = told(
        monkeypatch, lie("x", "all is well", "a lie"), lie("y", "it is a lie", "a lie")
    )

    assert not caught
    assert said[len(HONEST) : len(HONEST) + 5] == [
        "",
        "Lie x: something is wrong.",
        "  $ ask",
        "  | all is well",
        "NOT CAUGHT",
    ]
    assert said[-2:] == ["caught: it is a lie", "1 of 2 lies caught."]


def test_a_sentence_that_accuses_the_honest_as_well_is_no_proof(monkeypatch, opened):
    caught, said = told(monkeypatch, lie("x", "1 met", "1 met"))

    assert not caught
    assert said[len(HONEST)] == "NOT HONEST TO IT: 1 met"
    assert said[-2:] == ["caught: 1 met", "1 of 1 lies caught."]
