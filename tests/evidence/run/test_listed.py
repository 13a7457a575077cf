"""The log of a gate of tests: the same whoever ran which case, and as much as pytest knew."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence.engine.run import listed as run_listed
from evidence.engine.run.capture import KEPT_BYTES, Captured
from evidence.engine.run.keep import Kept
from evidence.engine.run.model import GateStatus
from tests.evidence.run.conftest import Bench, gate

MORE = """
import time

import pytest


def test_slow_enough_to_end_late():
    time.sleep(0.05)


@pytest.mark.skip(reason="no cash")
def test_skipped():
    pass


@pytest.mark.xfail(reason="not yet", strict=True)
def test_expected_to_fail():
    assert False
"""


@pytest.mark.slow
def test_log_is_the_same_with_other_workers(bench: Bench) -> None:
    bench.stranger.write("tests/test_more.py", MORE)
    logs = []
    for cores in (1, 2):
        one = gate("tests", pytest=("tests", "-n", "{cores}"), cores=cores)
        result = bench.run_one(one, cores=cores)
        assert result.status is GateStatus.PASSED
        logs.append(bench.read(result.log))
        assert " in " in bench.read(result.printed).splitlines()[-1]

    assert logs[0] == logs[1]
    assert bench.head("tests")["command"].endswith(" tests -n '{cores}'")
    assert bench.head("tests")["shows"] == "every case from pytest's report, in order of name"
    lines = bench.output("tests").splitlines()
    assert [line for line in lines if line and not line.startswith(" ")] == [
        "8 cases: 6 passed, 1 skipped, 1 xfailed",
        "passed   tests/test_money.py::TestDrawer::test_holds_what_was_put",
        "passed   tests/test_money.py::test_change_is_the_difference[350-350-0]",
        "passed   tests/test_money.py::test_change_is_the_difference[500-350-150]",
        "passed   tests/test_money.py::test_too_little_is_refused",
        "passed   tests/test_money.py::test_total_adds_up",
        "xfailed  tests/test_more.py::test_expected_to_fail",
        "skipped  tests/test_more.py::test_skipped",
        "passed   tests/test_more.py::test_slow_enough_to_end_late",
    ]
    assert [line for line in lines if "no cash" in line]


@pytest.mark.slow
def test_failure_stands_in_the_log_with_its_lines(bench: Bench) -> None:
    bench.stranger.replace("tests/test_money.py", "== 350\n\n\n@", "== 351\n\n\n@")
    result = bench.run_one(gate("tests", pytest=("tests",)))
    assert result.status is GateStatus.FAILED
    output = bench.output("tests")
    assert output.startswith("5 cases: 4 passed, 1 failed\n")
    assert "\nfailed   tests/test_money.py::test_total_adds_up\n         def" in output
    assert "         E       assert 350 == 351\n" in output


def test_file_that_cannot_be_imported_leaves_what_pytest_printed(bench: Bench) -> None:
    bench.stranger.write("tests/test_money.py", "import nothing_like_it\n")
    result = bench.run_one(gate("tests", pytest=("tests",)))
    assert result.printed == ""
    assert "ModuleNotFoundError: No module named 'nothing_like_it'" in bench.output("tests")


@pytest.mark.parametrize("report", ["", "[]", "{}", '{"tests": []}'])
def test_report_without_cases_lists_nothing(tmp_path: Path, report: str) -> None:
    (tmp_path / "report.json").write_text(report)
    printed = Captured(b"", "utf-8", 0, 0, 0, 0, 0)
    assert run_listed.listed(tmp_path / "report.json", printed) is None
    assert run_listed.listed(tmp_path / "none.json", printed) is None


def test_long_list_keeps_as_much_of_its_begin_and_end_as_any_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    halves: list[int] = []

    class Noted(Kept):
        def __init__(self, half_bytes: int) -> None:
            halves.append(half_bytes)
            super().__init__(half_bytes)

    monkeypatch.setattr(run_listed, "Kept", Noted)
    report = tmp_path / "report.json"
    report.write_text('{"tests": [{"nodeid": "t.py::test_one", "outcome": "passed"}]}')
    listed = run_listed.listed(report, Captured(b"", "utf-8", 0, 0, 0, 0, 0))
    assert listed is not None
    assert listed.body.decode().splitlines()[-1] == "passed   t.py::test_one"
    assert [2 * half for half in halves] == [KEPT_BYTES]
