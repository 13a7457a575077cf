"""Reading pytest's report: what pytest really writes, and what is left of it when it is broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evidence.engine.judge.results import Results, inside, read_results
from evidence.engine.run.contexts import without_case
from tests.evidence.conftest import PYTEST_ENV

TESTS = """
import pytest


@pytest.fixture
def broken():
    raise RuntimeError("no drawer")


@pytest.fixture
def breaks_after():
    yield
    raise RuntimeError("drawer stuck")


def test_plain():
    assert True


@pytest.mark.parametrize("text", ["a::b", "c[d]", "e|run", "é"])
def test_cases(text):
    assert text != "c[d]"


class TestOuter:
    class TestInner:
        def test_method(self):
            assert True


def test_fails():
    assert 1 == 2, "one is not\\ntwo at all"


def test_raises_in_a_library():
    import json

    json.loads("{")


def test_setup_error(broken):
    pass


def test_teardown_error(breaks_after):
    pass


@pytest.mark.xfail(reason="known")
def test_expected_failure():
    assert False


@pytest.mark.xfail
def test_unexpected_pass():
    pass


@pytest.mark.xfail(strict=True)
def test_strict_unexpected_pass():
    pass


@pytest.mark.skip(reason="no card reader")
def test_skipped():
    pass


def test_skips_itself():
    pytest.skip("no printer")
"""


@pytest.fixture(scope="module", params=["0", "1"], ids=["alone", "by a worker"])
def read(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Results:
    root = tmp_path_factory.mktemp("odd")
    (root / "tests").mkdir()
    (root / "pytest.ini").write_text("[pytest]\n")
    (root / "tests" / "test_odd.py").write_text(TESTS)
    (root / "tests" / "test_gone.py").write_text("import no_such_module\n\ndef test_x(): pass\n")
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("-n", request.param, "--continue-on-collection-errors"),
            *("--json-report", f"--json-report-file={root}/report.json"),
        ],
        cwd=root,
        env={"PATH": os.environ["PATH"], **PYTEST_ENV},
        capture_output=True,
        check=False,
    )
    return read_results(root / "report.json", root)


def _outcomes(results: Results, name: str) -> list[str]:
    return [case.outcome for case in results.tests[f"tests/test_odd.py::{name}"]]


def _message(results: Results, name: str) -> str:
    return next(
        case.message for case in results.tests[f"tests/test_odd.py::{name}"] if case.message
    )


@pytest.mark.parametrize(
    ("name", "outcomes"),
    [
        ("test_plain", ["passed"]),
        ("test_cases", ["passed", "passed", "failed", "passed"]),
        ("TestOuter::TestInner::test_method", ["passed"]),
        ("test_fails", ["failed"]),
        ("test_setup_error", ["error"]),
        ("test_teardown_error", ["error"]),
        ("test_expected_failure", ["xfailed"]),
        ("test_unexpected_pass", ["xpassed"]),
        ("test_strict_unexpected_pass", ["failed"]),
        ("test_skipped", ["skipped"]),
        ("test_skips_itself", ["skipped"]),
    ],
)
def test_every_ending_is_told_apart(read, name, outcomes):
    assert _outcomes(read, name) == outcomes


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("test_fails", "tests/test_odd.py:32: AssertionError: one is not two at all assert 1 == 2"),
        ("test_setup_error", "tests/test_odd.py:7: RuntimeError: no drawer"),
        ("test_teardown_error", "tests/test_odd.py:13: RuntimeError: drawer stuck"),
        ("test_strict_unexpected_pass", "[XPASS(strict)]"),
        ("test_unexpected_pass", "it is marked as an expected failure, yet it passed"),
        ("test_skipped", "no card reader"),
        ("test_skips_itself", "no printer"),
    ],
)
def test_message_says_where_and_why(read, name, message):
    assert _message(read, name) == message


def test_failure_inside_a_library_is_placed_in_the_project(read):
    message = _message(read, "test_raises_in_a_library")

    assert message.startswith("tests/test_odd.py:38: json.decoder.JSONDecodeError: Expecting")


def test_file_that_cannot_be_imported_is_named_with_the_reason(read):
    assert read.uncollected == {
        "tests/test_gone.py": "ModuleNotFoundError: No module named 'no_such_module'"
    }


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "left no test report"),
        (b"", "left a test report that is cut off or is none"),
        (b'{"tests": [{"nodeid": "a', "left a test report that is cut off or is none"),
        (b'{"tests": 3}', "left a test report that is cut off or is none"),
        (b'{"tests": [3]}', "left a test report that is cut off or is none"),
        (b"[]", "left a test report that is cut off or is none"),
        (b"\xff\xfe", "left a test report that is cut off or is none"),
    ],
)
def test_missing_or_broken_report_is_a_problem(tmp_path, content, problem):
    report = tmp_path / "pytest.json"
    if content is not None:
        report.write_bytes(content)

    assert read_results(report, tmp_path) == Results(problem=problem)


@pytest.mark.parametrize("pytest_root", ["{root}/shop", "<repo>/shop"])
def test_ids_are_relative_to_the_project_even_if_pytests_root_is_not(tmp_path, pytest_root):
    item = {"nodeid": "tests/test_a.py::test_b[x]", "outcome": "passed"}
    report = tmp_path / "pytest.json"
    written = {"root": pytest_root.format(root=tmp_path), "tests": [item]}
    report.write_text(json.dumps(written))

    assert list(read_results(report, tmp_path).tests) == ["shop/tests/test_a.py::test_b"]


def test_test_whose_process_died_says_so(tmp_path):
    item = {"nodeid": "tests/test_a.py::test_b", "outcome": "failed"}
    report = tmp_path / "pytest.json"
    report.write_text(json.dumps({"root": "<repo>", "tests": [item]}))

    (case,) = read_results(report, tmp_path).tests["tests/test_a.py::test_b"]

    assert case.message == "its process died before it ended; see the gate's log"


def test_long_message_is_cut(tmp_path):
    crash = {"path": "<repo>/tests/test_a.py", "lineno": 3, "message": "x" * 5000}
    item = {
        "nodeid": "tests/test_a.py::test_b",
        "outcome": "failed",
        "call": {"outcome": "failed", "crash": crash},
    }
    report = tmp_path / "pytest.json"
    report.write_text(json.dumps({"root": "<repo>", "tests": [item]}))

    (case,) = read_results(report, tmp_path).tests["tests/test_a.py::test_b"]

    assert case.message == "tests/test_a.py:3: " + "x" * 281 + "…"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("app/a.py", "app/a.py"),
        ("./app/a.py", "app/a.py"),
        ("{root}/app/a.py", "app/a.py"),
        ("<repo>/app/a.py", "app/a.py"),
        ("<repo>", "."),
        ("<venv>/lib/a.py", ""),
        ("../a.py", ""),
        ("/elsewhere/a.py", ""),
        ("{root}/env/lib/site-packages/a.py", ""),
    ],
)
def test_path_is_inside_the_project_or_nothing(tmp_path, path, expected):
    assert inside(path.format(root=tmp_path), tmp_path) == expected


def test_path_through_a_linked_root_is_inside(tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    link = tmp_path / "link"
    link.symlink_to(real)

    assert inside(str(Path(real) / "a.py"), link) == "a.py"


@pytest.mark.parametrize(
    ("node", "test"),
    [
        ("a.py::test_b", "a.py::test_b"),
        ("a.py::test_b[c::d]", "a.py::test_b"),
        ("a.py::T::test_b[c[d]-e]", "a.py::T::test_b"),
        ("od[d]/a.py::test_b[1]", "od[d]/a.py::test_b"),
    ],
)
def test_case_belongs_to_its_test(node, test):
    assert without_case(node) == test
