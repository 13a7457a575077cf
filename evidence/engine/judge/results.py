"""What pytest said of each test, read from the report that pytest-json-report wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from evidence.engine.run.contexts import without_case

# How much of a failure's text a verdict quotes; the gate's log has all of it.
_QUOTED_LINES = 3
_QUOTED_CHARACTERS = 300
NO_REPORT = "left no test report"

_REPO = "<repo>"
_ELSEWHERE = frozenset({"..", "site-packages"})


@dataclass(frozen=True)
class Case:
    """One item that pytest ran: a test, or one case of a parametrized test.

    `node` is its node id as recorded. `outcome` is pytest's own word: passed, failed (in its
    call), error (in its setup or teardown), skipped, xfailed or xpassed. `message` says where and
    why it did not pass.
    """

    node: str
    outcome: str
    message: str = ""


@dataclass(frozen=True)
class Results:
    """All cases of one pytest run, grouped by the test they are cases of.

    `tests` maps `path::Class::test` (relative to the project root, no parameters) to its cases.
    `uncollected` maps a file or folder that pytest could not collect to the reason. `problem` says
    what is wrong with the report ("left no test report"), if anything is.
    """

    tests: Mapping[str, tuple[Case, ...]] = field(default_factory=dict)
    uncollected: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


def read_results(report: Path, root: Path) -> Results:
    """What the report holds; a missing or cut-off report is a `problem`, never an exception."""
    try:
        written = json.loads(report.read_bytes())
        return _grouped(written, root)
    except FileNotFoundError:
        return Results(problem=NO_REPORT)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Results(problem="left a test report that is cut off or is none")


def inside(path: str, root: Path) -> str:
    """`path` relative to the root; empty when it is outside, or in an installed package.

    A recorded path is absolute, relative to the root, or cleaned to start with `<repo>`.
    """
    plain = PurePosixPath("." + path.removeprefix(_REPO) if path.startswith(_REPO) else path)
    for base in (root, root.resolve()):
        if plain.is_relative_to(base.as_posix()):
            plain = plain.relative_to(base.as_posix())
    strange = plain.is_absolute() or (path.startswith("<") and not path.startswith(_REPO))
    return "" if strange or _ELSEWHERE.intersection(plain.parts) else str(plain)


def _grouped(written: dict[str, object], root: Path) -> Results:
    prefix = _prefix(written.get("root"), root)
    tests: dict[str, list[Case]] = {}
    for item in _objects(written["tests"]):
        node = str(item["nodeid"])
        case = Case(node=node, outcome=str(item["outcome"]), message=_message(item, root))
        tests.setdefault(prefix + without_case(node), []).append(case)
    return Results(
        tests={
            test: tuple(sorted(cases, key=lambda case: case.node)) for test, cases in tests.items()
        },
        uncollected={
            prefix + str(item["nodeid"]): _last_line(str(item.get("longrepr", "")))
            for item in _objects(written.get("collectors", []))
            if item["outcome"] == "failed"
        },
    )


def _objects(value: object) -> Iterator[dict[str, object]]:
    if not isinstance(value, list):
        raise TypeError(value)
    yield from value


def _prefix(pytest_root: object, root: Path) -> str:
    """What turns pytest's paths, relative to its own root folder, into the project's."""
    inner = inside(str(pytest_root or root), root)
    return "" if inner in ("", ".") else f"{inner}/"


def _message(item: dict[str, object], root: Path) -> str:
    """`path:line: the first lines of what went wrong`, from the first phase that went wrong."""
    if item["outcome"] == "passed":
        return ""
    if item["outcome"] == "xpassed":
        return "it is marked as an expected failure, yet it passed"
    for name in ("setup", "call", "teardown"):
        phase = item.get(name)
        if isinstance(phase, dict) and phase.get("outcome") != "passed":
            return _quoted(_phase_message(phase, root))
    return "its process died before it ended; see the gate's log"


def _phase_message(phase: dict[str, object], root: Path) -> str:
    longrepr = str(phase.get("longrepr", ""))
    crash = phase.get("crash")
    if not isinstance(crash, dict):
        return _skip_reason(longrepr)
    place = _place(crash, phase.get("traceback"), root)
    text = str(crash.get("message", "")) or _last_line(longrepr)
    return f"{place}: {text}" if place else text


def _place(crash: dict[str, object], traceback: object, root: Path) -> str:
    """Where it broke; when that is in a library, the last line of the project that led there."""
    places = [crash]
    if isinstance(traceback, list):
        places += [entry for entry in reversed(traceback) if isinstance(entry, dict)]
    for place in places:
        path = inside(str(place.get("path", "")), root)
        if path:
            return f"{path}:{place.get('lineno')}"
    return ""


def _skip_reason(longrepr: str) -> str:
    """pytest writes a skip as the text of a tuple: `('file', 3, 'Skipped: why')`."""
    _, found, reason = longrepr.rpartition("Skipped: ")
    return reason.rstrip(")").strip("'\"") if found else _last_line(longrepr)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("E").strip() for line in lines if line.startswith("E  ")]
    return (errors or lines or [""])[-1]


def _quoted(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    short = " ".join(lines[:_QUOTED_LINES])
    return short if len(short) <= _QUOTED_CHARACTERS else short[:_QUOTED_CHARACTERS].rstrip() + "…"
