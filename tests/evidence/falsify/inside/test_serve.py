"""falsify.inside.serve: what a server leaves out that pytest would do."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from _pytest.unraisableexception import gc_collect_iterations_key

from evidence.engine.falsify.inside.serve import Server, _end_without_sweeping


def test_a_server_ends_without_looking_for_what_nobody_closed() -> None:
    config: Any = SimpleNamespace(stash=pytest.Stash())
    _end_without_sweeping(config)
    assert config.stash[gc_collect_iterations_key] == 0


@pytest.mark.parametrize(
    ("cases", "first", "runs"),
    [
        ("", "", "dacb"),
        ("ab", "", "ab"),
        ("abc", "bc", "bca"),
        ("", "bz", "bdac"),
        # Who knows no case of that name runs them all.
        ("az", "c", "cdab"),
    ],
)
def test_cases_that_are_wanted_first_come_first_and_others_as_pytest_has_them(
    cases: str, first: str, runs: str
) -> None:
    server: Any = SimpleNamespace(_items={"t": [SimpleNamespace(nodeid=name) for name in "dacb"]})
    asked = {"test": "t", "cases": list(cases), "first": list(first)}
    assert "".join(item.nodeid for item in Server._chosen(server, asked)) == runs
