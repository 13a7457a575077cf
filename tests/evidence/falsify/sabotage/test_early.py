"""falsify.sabotage.forked: what ran before there are forks, they do not show."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from coverage import CoverageData

from evidence.engine.falsify.lines import Lines, read_lines
from tests.evidence.falsify.sabotage.forks import (
    CAUGHT,
    FILE,
    OTHER,
    ROOT,
    TEST,
    Worker,
    asked,
    tried,
)


@pytest.mark.parametrize(
    ("context", "is_early"),
    [
        ("", True),
        (f"{TEST}[1]|setup", True),
        (f"{TEST}|teardown", True),
        # Perhaps set up for the whole session, in whoever came first in one of two processes.
        (f"{OTHER}|setup", True),
        (f"{TEST}|run", False),
        (f"{OTHER}|run", False),
    ],
)
def test_what_ran_before_anything_is_forked_is_left_to_a_process_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, context: str, is_early: bool
) -> None:
    """A fork would mix what the old code made with what the new code does."""
    worker = Worker(ROOT, CAUGHT)
    found = tried(monkeypatch, worker, asked(), recorded(tmp_path, [context]))
    assert (found.caught == {}) is (worker.asked == []) is is_early


def test_what_sets_up_many_tests_one_by_one_may_be_tried_in_a_fork(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    contexts = [f"{OTHER}[{number}]|setup" for number in range(3)]
    worker = Worker(ROOT, CAUGHT)
    assert len(tried(monkeypatch, worker, asked(), recorded(tmp_path, contexts)).caught) == 4


def recorded(tmp_path: Path, contexts: Sequence[str], lines: tuple[int, ...] = (2,)) -> Lines:
    data = CoverageData(str(tmp_path / "coverage"))
    for context in contexts:
        data.set_context(context)
        data.add_lines({FILE: lines})
    data.write()
    data.close()
    found = read_lines(tmp_path / "coverage", [FILE])
    assert found is not None
    return found


def test_other_lines_of_the_file_may_run_whenever_they_like(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = recorded(tmp_path, ["", f"{TEST}|setup"], (1, 3))
    assert len(tried(monkeypatch, Worker(ROOT, CAUGHT), asked(), lines).caught) == 4
