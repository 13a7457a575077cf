"""build: a call says what the last one said only where that one did all that this one asks for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from evidence.engine import build, lock, project, reuse
from evidence.engine.arguments import read_order
from evidence.engine.falsify.extent import Extent
from evidence.engine.reuse import Again
from evidence.engine.run.sealed import Refused


@dataclass(frozen=True)
class Here:
    """A project, as far as it is asked for."""

    build: Path
    work: Path = Path("work")
    cores: int = 8
    mutants_on_demand: bool = False


@dataclass
class Last:
    """The last call: how much it broke, why it does not count, and what was asked of it."""

    broke: Extent = Extent.EVERYTHING
    refused: str = ""
    asked: list[object] = field(default_factory=list)

    def said_again(self, here: Here) -> Again:
        self.asked.append(here.cores)
        if self.refused:
            raise Refused(self.refused)
        return Again("2026-01-01", ("gates 3", "claims 5"), 1, self.broke)


@pytest.fixture
def last(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Last:
    last = Last()

    @contextmanager
    def alone(work: Path, *, wait: bool, tell: Any) -> Iterator[None]:
        last.asked.append((work, wait))
        tell("Waiting.")
        yield

    monkeypatch.setattr(project, "find_root", lambda given: given)
    monkeypatch.setattr(project, "load_project", lambda root: Here(root))
    monkeypatch.setattr(lock, "alone", alone)
    monkeypatch.setattr(reuse, "same_again", last.said_again)
    return last


def call(folder: Path, *arguments: str) -> int | None:
    return build._same_again(read_order([*arguments, "--project", str(folder)]))


def test_what_the_last_call_said_and_ended_with_is_said_again(
    last: Last, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(tmp_path) == 1
    assert last.asked == [(Path("work"), True), 8]
    assert capsys.readouterr().out == (
        "Waiting.\n"
        "reused  the run of 2026-01-01 and its site: nothing has changed since\n"
        "        --no-cache runs everything again\n"
        "gates 3\n"
        "claims 5\n"
    )


@pytest.mark.parametrize(
    "arguments", [["run"], ["site"], ["--only", "tests"], ["--no-cache"], ["--release"]]
)
def test_other_calls_do_not_even_ask(last: Last, tmp_path: Path, arguments: list[str]) -> None:
    assert call(tmp_path, *arguments) is None
    assert last.asked == []


def test_where_nothing_was_built_nothing_is_asked(last: Last, tmp_path: Path) -> None:
    assert call(tmp_path / "gone") is None
    assert last.asked == []


def test_cores_that_are_asked_for_are_an_input(last: Last, tmp_path: Path) -> None:
    call(tmp_path, "--cores", "2")
    assert last.asked[1:] == [2]


def test_results_that_do_not_count_are_not_said_again(
    last: Last, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last.refused = "files changed"
    assert call(tmp_path) is None
    assert capsys.readouterr().out == "Waiting.\n"


@pytest.mark.parametrize(
    ("broke", "arguments", "code"),
    [
        (Extent.NOTHING, [], None),
        (Extent.NOTHING, ["--no-falsify"], 1),
        (Extent.PATCHES, [], None),
        (Extent.SAMPLE, [], 1),
        (Extent.SAMPLE, ["--all-mutants"], None),
        (Extent.EVERYTHING, ["--all-mutants"], 1),
    ],
)
def test_call_that_broke_less_than_is_asked_for_is_not_said_again(
    last: Last,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    broke: Extent,
    arguments: list[str],
    code: int | None,
) -> None:
    last.broke = broke
    assert call(tmp_path, *arguments) == code
    assert ("reused" in capsys.readouterr().out) is (code is not None)
