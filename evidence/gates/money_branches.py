"""Gate: the code that moves money has its branches taken by its own tests, nearly all of them.

Words on the command line are the apps to look at, instead of all five. Each app's tests run under
coverage with branches measured; every branch that none of them takes is printed with its lines.
Tests that let chance decide what happens are left out, so that a commit has the same figures twice.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

APPS = ("orders", "payments", "refunds", "subscriptions", "webhooks")
LEAST_PERCENT = 95
BY_CHANCE = ("tests/app/webhooks/test_any_luck.py", "tests/app/webhooks/test_kills.py")
_RC = """[run]
branch = true
relative_files = true
disable_warnings = no-data-collected
source =
{folders}
omit = */migrations/*
"""


@dataclass(frozen=True)
class Taken:
    """Of one app: its branches, those that its tests took, and a line for each of the others."""

    app: str
    branches: int
    taken: int
    missing: tuple[str, ...]

    @property
    def percent(self) -> float:
        return 100 * self.taken / self.branches if self.branches else 100.0

    def __str__(self) -> str:
        return f"{self.app:14} {self.taken:3} of {self.branches:3} branches, {self.percent:.1f} %"


def main() -> int:
    """1 when a test fails or an app's own tests take fewer branches than they should, else 0."""
    apps = tuple(sys.argv[1:]) or APPS
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        if failed := _run_tests(apps, Path(folder), report):
            return failed
        told: dict[str, Any] = json.loads(report.read_text("utf-8"))["files"]
    return judge([read(app, told) for app in apps])


def read(app: str, told: dict[str, Any]) -> Taken:
    """What coverage's own report, by file, says of one app."""
    files = {path: each for path, each in told.items() if path.startswith(f"app/{app}/")}
    return Taken(
        app=app,
        branches=sum(each["summary"]["num_branches"] for each in files.values()),
        taken=sum(each["summary"]["covered_branches"] for each in files.values()),
        missing=tuple(line for path in sorted(files) for line in _missing(path, files[path])),
    )


def judge(found: Sequence[Taken]) -> int:
    """The exit code for what was taken; prints all of it."""
    short = [each for each in found if each.percent < LEAST_PERCENT or not each.branches]
    for each in found:
        for line in each.missing:
            _say(line)
    for each in found:
        _say(str(each))
    for each in short:
        _say(f"WRONG  {each.app}: {each.percent:.1f} % of its branches, {LEAST_PERCENT} expected")
    whole = Taken(
        "money code", sum(each.branches for each in found), sum(each.taken for each in found), ()
    )
    _say(str(whole))
    return 1 if short else 0


def _missing(path: str, told: dict[str, Any]) -> Iterator[str]:
    """Negative line numbers are coverage's way of saying that a function is left."""
    for start, end in told["missing_branches"]:
        where = f"to {end}" if end > 0 else "out of its function"
        yield f"not taken  {path}:{start} {where}"


def _run_tests(apps: Sequence[str], folder: Path, report: Path) -> int:
    """Pytest's exit code. What it printed is shown only when it is not 0: it tells the time."""
    rc = folder / "coveragerc"
    rc.write_text(_RC.format(folders="\n".join(f"    app/{app}" for app in apps)), "utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal"),
            *("-p", "no:cacheprovider", "--cov", f"--cov-config={rc}"),
            *(f"--cov-report=json:{report}", *(f"tests/app/{app}" for app in apps)),
            *(f"--ignore={test}" for test in BY_CHANCE),
        ],
        env={**os.environ, "COVERAGE_FILE": str(folder / "data"), "COVERAGE_CORE": "ctrace"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        _say(done.stdout)
    return done.returncode


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
