"""The gate that counts the branches of the code that moves money."""

from __future__ import annotations

from typing import Any

import pytest

from evidence.gates.money_branches import APPS, BY_CHANCE, Taken, judge, read
from tests.repo.planted import ROOT


def measured(branches: int, *missing: tuple[int, int]) -> dict[str, Any]:
    """A file as coverage's JSON report has it."""
    return {
        "summary": {"num_branches": branches, "covered_branches": branches - len(missing)},
        "missing_branches": [list(each) for each in missing],
    }


def test_branches_are_counted_by_app_and_each_that_is_not_taken_is_named() -> None:
    told = {
        "app/refunds/policy.py": measured(40, (12, 14), (20, -18)),
        "app/refunds/services.py": measured(60),
        "app/refunds_of_others/policy.py": measured(9, (1, 2)),
    }

    taken = read("refunds", told)

    assert (taken.branches, taken.taken) == (100, 98)
    assert taken.missing == (
        "not taken  app/refunds/policy.py:12 to 14",
        "not taken  app/refunds/policy.py:20 out of its function",
    )


def test_app_short_of_the_bar_fails_even_when_the_whole_is_above_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = [Taken("orders", 1000, 1000, ()), Taken("refunds", 100, 94, ("not taken  here",))]

    assert judge(found) == 1
    assert capsys.readouterr().out.splitlines() == [
        "not taken  here",
        "orders         1000 of 1000 branches, 100.0 %",
        "refunds         94 of 100 branches, 94.0 %",
        "WRONG  refunds: 94.0 % of its branches, 95 expected",
        "money code     1094 of 1100 branches, 99.5 %",
    ]


def test_app_at_the_bar_passes() -> None:
    assert judge([Taken("refunds", 100, 95, ())]) == 0


def test_app_of_which_nothing_was_measured_fails() -> None:
    assert judge([read("refunds", {})]) == 1


def test_every_app_it_looks_at_is_there_with_tests_of_its_own() -> None:
    for app in APPS:
        assert (ROOT / "app" / app).is_dir()
        assert list((ROOT / "tests" / "app" / app).glob("test_*.py"))
    assert all((ROOT / test).is_file() for test in BY_CHANCE)
