"""Tools that one would use instead, each with the same claims in its own words.

Each is measured where PATH or this Python has it; the others are named, so that nobody thinks them
slow. Those that read results run the very tests, in the Python that stands beside their program.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from lib.big import ALONE, IN_AN_AREA, PLUGINS, claim_id, function, says, test, write_checkout

_Command = tuple[str, list[str]]
_ELSPAIS = """version = 5
cli_ttl = 0
[project]
namespace = "REQ"
name = "big"
[changelog]
hash_current = false
[levels.dev]
rank = 1
letter = "d"
display_name = "Development"
implements = ["dev"]
[scanning]
skip = ["**/.git", ".elspais", "**/__pycache__", "*.pyc", "**/.pytest_cache", ".coverage*"]
[scanning.spec]
directories = ["spec"]
file_patterns = ["*.md"]
[scanning.code]
directories = ["src"]
file_patterns = ["*.py"]
[scanning.test]
enabled = true
directories = ["tests"]
file_patterns = ["test_*.py"]
evidence = "test-evidence"
[[scanning.test.targets]]
name = "unit"
command = "COVERAGE_FILE=$ELSPAIS_TARGET_OUTPUT/.coverage {python} -m pytest -q tests/ --cov=src \
--cov-context=test --cov-report= --json-report --json-report-omit=log,streams,keywords,collectors \
--json-report-file=$ELSPAIS_TARGET_OUTPUT/report.json"
reporter = "pytest-json"
results = "report.json"
coverage = ".coverage"
credit_coverage = "verified"
"""
_QUARTO = """# Claim {n}

::: {{.need #REQ-{n} type=functional-requirement status=approved priority=high verified-by=TC-{n} \
implemented-by=IMP-{n}}}
## Claim {n}
{says}

### Rationale
Money.

### Acceptance Criteria
It holds.
:::

::: {{.need #IMP-{n} type=implementation status=implemented source="src/area_{area:04}.py"}}
## handle_{n}
src/area_{area:04}.py
:::

::: {{.need #TC-{n} type=test-case status=passed evidenced-by=EV-{n} \
pytest-nodeid="tests/test_area_{area:04}.py::test_handle_{n}"}}
## test_handle_{n}
tests/test_area_{area:04}.py::test_handle_{n}
:::

::: {{.need #EV-{n} type=evidence status=accepted}}
## Result of test_handle_{n}
pytest
:::
"""
_MARKS = """@pytest.mark.requirement("REQ-{0}")
@pytest.mark.quarto_need_test_case("TC-{0}")
"""
_INI = "[pytest]\npythonpath = .\nmarkers =\n    requirement\n    quarto_need_test_case\n"


def publishing(folder: Path, claims: int) -> Iterator[_Command]:
    """Those that write pages of claims and run no test."""
    areas = range(-(-claims // IN_AN_AREA))
    if importlib.util.find_spec("sphinx_needs"):
        _write_needs(folder / "needs", areas, claims)
        yield "sphinx-needs", [
            sys.executable, "-m", "sphinx", "-q", str(folder / "needs"), str(folder / "needs/_out"),
        ]  # fmt: skip
    else:
        print("sphinx-needs: not installed for this Python, not measured")
    if strictdoc := _found("strictdoc", "StrictDoc"):
        _write_strictdoc(folder / "strictdoc", areas, claims)
        out = str(folder / "strictdoc/out")
        yield "StrictDoc", [strictdoc, "export", str(folder / "strictdoc"), "--output-dir", out]


def proving(folder: Path, claims: int) -> Iterator[_Command]:
    """Those that run a test a claim and read what came of it; neither writes a page of a claim."""
    areas = range(-(-claims // IN_AN_AREA))
    if elspais := _found("elspais", "elspais"):
        _write_elspais(folder / "elspais", areas, claims, _python_of(elspais))
        # It ends in 1 where it warns, as it does of digests that only it can write.
        checks = f"{elspais} checks --run-tests | grep -q 'All results passing: {claims} passed'"
        yield "elspais", _within(folder / "elspais", f"{_plugins(*PLUGINS)} {checks}")
    if quarto := _found("quarto-needs", "quarto-needs"):
        _write_quarto(folder / "quarto", areas, claims)
        said = ".quarto-needs/evidence.json"
        plugins = _plugins("quarto_needs.pytest_plugin")
        steps = (
            f"{plugins} {_python_of(quarto)} -m pytest -q tests -p no:cacheprovider "
            f"--quarto-needs-evidence={said}",
            f"{quarto} scan",
            f"{quarto} check",
            f"{quarto} evidence check {said}",
        )
        yield "quarto-needs", _within(folder / "quarto", *steps)


def _found(program: str, name: str) -> str | None:
    found = shutil.which(program)
    if found is None:
        print(f"{name}: not on PATH, not measured")
    return found


def _python_of(program: str) -> Path:
    return Path(program).resolve().with_name("python")


def _plugins(*names: str) -> str:
    """What all are given alike: their own plugins, and nothing written beside the code."""
    told = {**ALONE, "PYTEST_PLUGINS": ",".join(names)}
    return " ".join(f"{name}={value}" for name, value in told.items())


def _within(folder: Path, *steps: str) -> list[str]:
    return ["sh", "-c", f"cd {folder} && {' && '.join(steps)}"]


def _numbers(area: int, claims: int) -> range:
    return range(area * IN_AN_AREA, min(claims, (area + 1) * IN_AN_AREA))


def _write_needs(root: Path, areas: range, claims: int) -> None:
    root.mkdir()
    (root / "conf.py").write_text(
        'project = "big"\nextensions = ["sphinx_needs"]\nneeds_id_regex = "^[A-Z0-9_-]{3,}"\n'
    )
    names = "".join(f"   area_{area}\n" for area in areas)
    (root / "index.rst").write_text(f"Big\n===\n\n.. toctree::\n\n{names}\n.. needtable::\n")
    for area in areas:
        needs = "".join(
            f".. req:: Claim {number}\n   :id: {claim_id(number)}\n\n   {says(number)}\n\n"
            for number in _numbers(area, claims)
        )
        (root / f"area_{area}.rst").write_text(f"Area {area}\n{'=' * 12}\n\n{needs}")


def _write_strictdoc(root: Path, areas: range, claims: int) -> None:
    root.mkdir()
    for area in areas:
        texts = "".join(
            f"[REQUIREMENT]\nUID: {claim_id(number)}\nSTATEMENT: {says(number)}\n\n"
            for number in _numbers(area, claims)
        )
        (root / f"area_{area}.sdoc").write_text(f"[DOCUMENT]\nTITLE: Area {area}\n\n{texts}")


def _write_elspais(root: Path, areas: range, claims: int, python: Path) -> None:
    files = {".elspais.toml": _ELSPAIS.replace("{python}", str(python)), "pytest.ini": _INI}
    for area in areas:
        numbers = _numbers(area, claims)
        files[f"spec/area_{area:04}.md"] = f"# Area {area}\n\n" + "\n".join(
            f"## REQ-d{n + 1:05}: Claim {n}\n\n**Level**: dev | **Status**: Active | "
            f"**Implements**: -\n\n### Assertions\n\nA. The system SHALL hold that {says(n)}\n\n"
            f"*End* *Claim {n}* | **Hash**: 00000000\n"
            for n in numbers
        )
        files |= _code(
            area,
            [f"# Implements: REQ-d{n + 1:05}-A\n{function(n)}" for n in numbers],
            [f"# Verifies: REQ-d{n + 1:05}-A\n{test(n)}" for n in numbers],
        )
    write_checkout(root, files)


def _write_quarto(root: Path, areas: range, claims: int) -> None:
    # It refuses more than a hundred claims otherwise.
    limits = "[graph]\nmax-nodes = 1000000\nmax-edges = 1000000\n"
    project = "project:\n  type: default\nfilters:\n  - quarto-needs\n"
    files = {".quarto-needs.toml": limits, "_quarto.yml": project, "pytest.ini": _INI}
    for area in areas:
        numbers = _numbers(area, claims)
        files[f"area_{area:04}.qmd"] = f"---\ntitle: Area {area}\n---\n\n" + "\n".join(
            _QUARTO.format(n=n, area=area, says=says(n)) for n in numbers
        )
        files |= _code(
            area,
            [function(n) for n in numbers],
            ["import pytest\n", *(_MARKS.format(n) + test(n) for n in numbers)],
        )
    write_checkout(root, files)


def _code(area: int, functions: list[str], tests: list[str]) -> dict[str, str]:
    imported = f"from src.area_{area:04} import *  # noqa\n"
    return {
        f"src/area_{area:04}.py": "\n\n".join(functions),
        f"tests/test_area_{area:04}.py": "\n\n".join([imported, *tests]),
    }
