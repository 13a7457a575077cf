"""Test gates: what they report, and what counts as having proved nothing."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from evidence.engine.run.model import GateRun, GateStatus
from evidence.engine.run.pytests import missing_for_pytest
from evidence.engine.run.record import results_folder
from evidence.engine.run.tools import Python
from tests.evidence.run.conftest import Bench, gate

CITED = "till/money.py::total"


def rows(bench: Bench, result: GateRun, question: str) -> set[str]:
    """The first column of what the gate's coverage answers."""
    with closing(sqlite3.connect(results_folder(bench.project) / result.coverage)) as database:
        return {row[0] for row in database.execute(question)}


def test_gate_keeps_the_report_and_who_ran_which_line(bench: Bench) -> None:
    result = bench.run_one(gate("tests", pytest=("tests",)), cites=CITED)
    assert (result.status, result.why) == (GateStatus.PASSED, "")
    report = json.loads(bench.read(result.tests))
    assert report["root"] == "<repo>"
    assert {test["outcome"] for test in report["tests"]} == {"passed"}
    contexts = rows(bench, result, "select context from context")
    assert "tests/test_money.py::test_total_adds_up|run" in contexts


def test_only_cited_files_are_measured_whatever_the_project_measures(bench: Bench) -> None:
    """Neither its tests, nor code nobody cites; nor does its own least share of lines apply."""
    bench.stranger.write("till/rates.py", "from till import money\n\nVAT = 20\n")
    bench.stranger.replace(
        "tests/test_money.py", "from till.money", "import till.rates\nfrom till.money"
    )
    bench.stranger.replace(
        "pyproject.toml",
        'pythonpath = ["."]\n',
        'pythonpath = ["."]\naddopts = ["--cov=till", "--cov-fail-under=100"]\n'
        'filterwarnings = ["error"]\n\n'
        "[tool.coverage.run]\nbranch = true\nomit = ['*/money.py']\n",
    )
    result = bench.run_one(gate("tests", pytest=("tests",)), cites=CITED)
    assert (result.status, result.why) == (GateStatus.PASSED, "")
    assert rows(bench, result, "select path from file") == {"till/money.py"}


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_cited_file_that_no_test_runs_is_recorded_as_not_measured(
    bench: Bench, workers: tuple[str, ...]
) -> None:
    bench.stranger.write("till/rates.py", "VAT = 20\n")
    one = gate("tests", pytest=("tests", *workers))
    result = bench.run_one(one, cites="till/rates.py::VAT")
    assert (result.status, result.why) == (GateStatus.PASSED, "")
    assert rows(bench, result, "select path from file") == set()
    assert "warning" not in bench.output("tests").lower()


def test_failing_test_is_told_by_file_and_line(bench: Bench) -> None:
    bench.stranger.replace("tests/test_money.py", "== 350\n\n\n@", "== 351\n\n\n@")
    result = bench.run_one(gate("tests", pytest=("tests",)))
    line = bench.stranger.read("tests/test_money.py").split("== 351")[0].count("\n") + 1
    assert (result.status, result.why) == (GateStatus.FAILED, "1 test failed of 5")
    assert result.failures[:2] == (
        f"tests/test_money.py:{line}  tests/test_money.py::test_total_adds_up",
        "  assert 350 == 351",
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no test ran; a gate that runs no test proves nothing"),
        (
            "import pytest\n@pytest.mark.skip\ndef test_a(): pass\n",
            "no test ran, all 1 were skipped; a gate that runs no test proves nothing",
        ),
        (
            "import nothing_like_it\n",
            "pytest stopped before its end (exit code 2): a file could not be collected, or it "
            "was interrupted; see the log",
        ),
    ],
)
def test_gate_without_a_test_that_ran_fails(bench: Bench, text: str, why: str) -> None:
    bench.stranger.write("tests/test_money.py", text)
    result = bench.run_one(gate("tests", pytest=("tests",)))
    assert (result.status, result.why) == (GateStatus.FAILED, why)


def test_failed_tests_behind_exit_code_zero_still_fail(bench: Bench) -> None:
    bench.stranger.write("tests/test_money.py", "def test_a(): assert 0\n")
    hook = "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n"
    bench.stranger.write("tests/conftest.py", hook)
    result = bench.run_one(gate("tests", pytest=("tests",)))
    assert (result.status, result.exit_code) == (GateStatus.FAILED, 0)
    assert result.why == "1 test failed of 1"


def test_report_is_cleaned_like_the_log_but_keeps_test_names(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_TOKEN", "test_money")
    script = "import os\ndef test_a(): assert 0, os.environ['API_TOKEN'] + os.getcwd()\n"
    bench.stranger.write("tests/test_money.py", script)
    result = bench.run_one(gate("tests", pytest=("tests",)), pass_env=("API_TOKEN",))
    (test,) = json.loads(bench.read(result.tests))["tests"]
    assert test["nodeid"] == "tests/test_money.py::test_a"
    assert test["call"]["crash"]["message"].startswith("AssertionError: <redacted><repo>")


def test_python_without_pytest_is_told_with_a_command_to_run() -> None:
    found = {"pytest": "8.4", "pytest-json-report": None, "pytest-cov": "6", "coverage": "7"}
    python = Python(sys.executable, "3.11.7", Path(sys.prefix), found)
    assert missing_for_pytest(python) == (
        "the project's Python 3.11.7 has no pytest-json-report; install with: "
        f"{sys.executable} -m pip install pytest-json-report"
    )


def test_gate_over_two_workers_still_knows_who_ran_which_line(bench: Bench) -> None:
    bench.stranger.write(".gitignore", "build\n.local/\n")
    bench.stranger.commit("Ignore as little as a stranger would")
    run = bench.run(gate("tests", pytest=("tests", "-n", "{cores}"), cores=2), cites=CITED)
    (result,) = run.gates
    assert (result.status, result.why, run.changed) == (GateStatus.PASSED, "", ())
    contexts = rows(bench, result, "select context from context")
    assert "tests/test_money.py::TestDrawer::test_holds_what_was_put|run" in contexts


def test_file_that_cannot_be_imported_is_told_with_its_error(bench: Bench) -> None:
    bench.stranger.write("tests/test_money.py", "import nothing_like_it\n")
    result = bench.run_one(gate("tests", pytest=("tests",)))
    assert result.failures[0] == "tests/test_money.py:1  could not be collected"
    assert result.failures[-1] == "  E   ModuleNotFoundError: No module named 'nothing_like_it'"
    (collector,) = json.loads(bench.read(result.tests))["collectors"]
    assert collector["nodeid"] == "tests/test_money.py"


def test_settings_above_the_project_change_no_test_s_name(bench: Bench) -> None:
    (bench.stranger.root.parent / "pytest.ini").write_text("[pytest]\n")
    bench.stranger.replace("pyproject.toml", "[tool.pytest.ini_options]", "[tool.other]")
    bench.stranger.write("conftest.py", "")
    result = bench.run_one(gate(pytest=("tests",)))
    assert result.status is GateStatus.PASSED
    nodes = [test["nodeid"] for test in json.loads(bench.read("it/pytest.json"))["tests"]]
    assert "tests/test_money.py::test_total_adds_up" in nodes
