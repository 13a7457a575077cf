"""config.test_runner: `manage.py test` that runs nothing is no success."""

from __future__ import annotations

import unittest
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test.utils import get_runner

from config.test_runner import RealTestsRunner


def _failures(*tests: Callable[[], object]) -> int:
    """How many failures the runner reports for these tests."""
    suite = unittest.TestSuite(unittest.FunctionTestCase(test) for test in tests)
    result = unittest.TestResult()
    suite.run(result)
    return RealTestsRunner(verbosity=0).suite_result(suite, result)


def _skipped() -> None:
    raise unittest.SkipTest("not today")


def _failing() -> None:
    raise AssertionError


def test_it_is_the_runner_of_manage_py_test() -> None:
    assert get_runner(settings) is RealTestsRunner


def test_no_test_at_all_fails_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert _failures() == 1
    assert capsys.readouterr().err == (
        "Tests: found 0 that ran, expected at least 1; look at the label.\n"
    )


def test_tests_that_were_all_skipped_fail() -> None:
    assert _failures(_skipped, _skipped) == 1


def test_one_test_that_ran_is_enough() -> None:
    assert _failures(_skipped, lambda: None) == 0


def test_failures_are_counted_as_ever() -> None:
    assert _failures(_failing, lambda: None) == 1
