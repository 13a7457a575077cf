"""Gates that run tests: the arguments that make pytest report, and what its report says."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evidence.engine.run.measured import coverage_config
from evidence.engine.run.tools import Python

NEEDED = ("pytest", "pytest-json-report", "pytest-cov", "coverage")
_INSIDE = Path(__file__).with_name("inside")
_SHOWN = 5  # Failed tests told in full.
_MESSAGE_LINES = 4
_EXIT_CODES = {
    2: "pytest stopped before its end (exit code 2): a file could not be collected, or it was "
    "interrupted; see the log",
    3: "pytest broke (exit code 3): an error inside pytest or a plugin; see the log",
    4: "pytest was called wrongly (exit code 4): correct the gate's `pytest` arguments",
}


@dataclass(frozen=True)
class Report:
    """What pytest reported: how many cases ran, which went wrong, and lines that show them."""

    ran: int
    skipped: int
    wrong: tuple[str, ...]
    failures: tuple[str, ...]


def pytest_argv(python: Python, arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The whole command; `{out}` is filled in later. The gate's own arguments come last, so a
    gate that names settings of coverage or a least share of covered lines gets them."""
    return (
        # Settings may lie above the project; its tests are named from its own root all the same.
        *(python.path, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir={root}"),
        *("--json-report", "--json-report-file={out}/pytest.json"),
        *("--json-report-omit", "log", "streams"),
        *("--cov", "--cov-config={out}/measured.rc", "--cov-context=test"),
        # A share of the cited files says nothing of the share that the project asks for.
        *("--cov-report=", "--cov-fail-under=0"),
        *(() if _asks_of_coverage(arguments) else ("-p", "evidence_phases")),
        *arguments,
    )


def _asks_of_coverage(arguments: Iterable[str]) -> bool:
    """Whether the gate wants more of coverage than which lines tests ran, such as a least share."""
    return any(argument.startswith(("--cov", "--no-cov")) for argument in arguments)


def pytest_env(
    out: Path, *, root: Path, measured: tuple[str, ...], path: str = ""
) -> dict[str, str]:
    """The variables that pytest gets, `path` being the gate's own PYTHONPATH. Writes the settings
    by which coverage measures those files of the project at `root`."""
    # Not coverage.rc: coverage erases every coverage.* beside its data.
    (out / "measured.rc").write_text(coverage_config(root, measured), "utf-8")
    return {
        "COVERAGE_FILE": str(out / "coverage"),
        "COVERAGE_CORE": "ctrace",
        # Last, so that it hides nothing of the project.
        "PYTHONPATH": os.pathsep.join(filter(None, (path, str(_INSIDE)))),
    }


def missing_for_pytest(python: Python) -> str:
    """A sentence when the project's Python lacks what a test gate needs, or nothing."""
    missing = [name for name in NEEDED if not python.distributions.get(name)]
    if not missing:
        return ""
    return (
        f"the project's Python {python.version} has no {' and no '.join(missing)}; "
        f"install with: {python.path} -m pip install {' '.join(missing)}"
    )


def clean_report(path: Path, clean: Callable[[str], str]) -> None:
    """Rewrites pytest's report with every string cleaned like the log.

    The static part of a test's id is left alone: it names code, and verdicts hang on it. Of the
    collectors only those that failed are kept.
    """
    report = load_report(path)
    if report is None:
        path.unlink(missing_ok=True)
        return
    report["collectors"] = _uncollected(report)
    for test in (*report.get("tests", ()), *report["collectors"]):
        name, bracket, case = str(test.get("nodeid", "")).partition("[")
        test["nodeid"] = _Kept(name + clean(bracket + case))
    text = json.dumps(_cleaned(report, clean), ensure_ascii=False, indent=1)
    path.write_text(text + "\n", "utf-8", newline="\n")


def read_report(path: Path) -> Report | None:
    """None when pytest wrote no report, or none that can be read."""
    report = load_report(path)
    if report is None:
        return None
    tests = [test for test in report.get("tests", ()) if isinstance(test, dict)]
    wrong = [test for test in tests if test.get("outcome") in ("failed", "error")]
    skipped = sum(1 for test in tests if test.get("outcome") == "skipped")
    shown = [line for each in _uncollected(report)[:_SHOWN] for line in not_collected(each)]
    shown += [line for test in wrong[:_SHOWN] for line in _failure(test)]
    if len(wrong) > _SHOWN:
        shown.append(f"… and {len(wrong) - _SHOWN} more")
    ids = tuple(str(test.get("nodeid")) for test in wrong)
    return Report(len(tests) - skipped, skipped, ids, tuple(shown))


def why_not_passed(report: Report | None, exit_code: int) -> str:
    """A sentence about the tests of a gate that ended by itself; empty when they passed."""
    if exit_code in _EXIT_CODES:
        return _EXIT_CODES[exit_code]
    if report is None:
        return f"pytest wrote no report (exit code {exit_code}); see the log"
    if report.wrong:
        tests = "test" if len(report.wrong) == 1 else "tests"
        return f"{len(report.wrong)} {tests} failed of {report.ran}"
    if report.ran == 0:
        skipped = f", all {report.skipped} were skipped" if report.skipped else ""
        return f"no test ran{skipped}; a gate that runs no test proves nothing"
    return f"exit code {exit_code} although no test failed; see the log" if exit_code else ""


class _Kept(str):
    """Text that is already clean."""


def _cleaned(value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return value if isinstance(value, _Kept) else clean(value)
    if isinstance(value, list):
        return [_cleaned(item, clean) for item in value]
    if isinstance(value, dict):
        return {clean(key): _cleaned(item, clean) for key, item in value.items()}
    return value


def _uncollected(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in report.get("collectors", ()) if each.get("outcome") == "failed"]


def not_collected(collector: dict[str, Any]) -> list[str]:
    """The file, then the end of the message: an import error says last what went wrong."""
    message = str(collector.get("longrepr") or "no message").splitlines()
    return [
        f"{collector.get('nodeid') or 'the tests'}:1  could not be collected",
        *(f"  {line}" for line in message[-_MESSAGE_LINES:]),
    ]


def _failure(test: dict[str, Any]) -> list[str]:
    """`file:line  test`, then the first lines of the message."""
    stages = [test.get(stage, {}) for stage in ("setup", "call", "teardown")]
    stage: dict[str, Any] = next((one for one in stages if one.get("outcome") == "failed"), {})
    crash = stage.get("crash", {})
    message = str(crash.get("message") or stage.get("longrepr") or "no message").splitlines()
    return [
        f"{_where(test, stage, crash)}  {test.get('nodeid')}",
        *(f"  {line}" for line in message[:_MESSAGE_LINES]),
    ]


def _where(test: dict[str, Any], stage: dict[str, Any], crash: dict[str, Any]) -> str:
    """The line that raised, in the project if the traceback passes through it."""
    entries = [entry for entry in (*stage.get("traceback", ()), crash) if entry.get("path")]
    for entry in reversed(entries):
        path = str(entry["path"]).removeprefix("<repo>/")
        if not path.startswith(("/", "<", "..")) and "site-packages" not in path:
            return f"{path}:{entry.get('lineno')}"
    return f"{str(test.get('nodeid')).partition('::')[0]}:{int(test.get('lineno') or 0) + 1}"


def load_report(path: Path) -> dict[str, Any] | None:
    """pytest's report as it lies there; None when there is none that can be read."""
    try:
        report = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return report if isinstance(report, dict) else None
