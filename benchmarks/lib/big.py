"""A project with many claims, the same one every time: `python benchmarks/lib/big.py 5000 FOLDER`.

Fifty claims share an area, a module and a file of tests, as in a real register; each cites one
function of its own and one test of its own that calls it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

IN_AN_AREA = 50
FIRST_COMMIT = "2026-03-02T12:00:00+00:00"

# Other projects' plugins, which a Python happens to have, would only slow every test.
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
PLUGINS = ("pytest_cov.plugin", "pytest_jsonreport.plugin")
PYPROJECT = """[project]
name = "big"
version = "1.0"

[tool.evidence]
name = "Big"

[tool.evidence.env]
{plugins}

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["."]
"""
GATES = """gates:
  - id: tests
    proves: All tests pass.
    pytest: ["-q", "tests"]
    cores: 2
    timeout_s: 600
"""
GIT = ("git", "-c", "user.name=Bea Bench", "-c", "user.email=bea@example.org")


def write_project(root: Path, claims: int) -> None:
    """A clean git checkout whose every claim is alive."""
    told = {**ALONE, "PYTEST_PLUGINS": ",".join(PLUGINS)}
    plugins = "\n".join(f'{name} = "{value}"' for name, value in told.items())
    files = {
        "pyproject.toml": PYPROJECT.format(plugins=plugins),
        ".gitignore": "build\n.build/\n.local/\n__pycache__/\n",
        "evidence/gates.yml": GATES,
    }
    for area in range(-(-claims // IN_AN_AREA)):
        numbers = range(area * IN_AN_AREA, min(claims, (area + 1) * IN_AN_AREA))
        files[f"src/area_{area:04}.py"] = "\n\n".join(map(function, numbers))
        files[f"tests/test_area_{area:04}.py"] = "\n\n".join(
            [f"from src.area_{area:04} import *  # noqa\n", *map(test, numbers)]
        )
        files[f"evidence/claims/area_{area:04}.yml"] = f"area: Area {area}\nclaims:\n" + "".join(
            _claim(number, area) for number in numbers
        )
    write_checkout(root, files)


def write_checkout(root: Path, files: Mapping[str, str]) -> None:
    """These files, committed."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    _commit(root)


def says(number: int) -> str:
    return f"A second event of number {number} never charges anybody twice, and it can be seen why."


def claim_id(number: int) -> str:
    """`ABCD-07`: the area in four letters, then the number in it."""
    area, in_area = divmod(number, IN_AN_AREA)
    letters = (chr(ord("A") + area // 26**place % 26) for place in (3, 2, 1, 0))
    return f"{''.join(letters)}-{in_area:02}"


def function(number: int) -> str:
    return f"def handle_{number}(event):\n    return event + {number}\n"


def test(number: int) -> str:
    return f"def test_handle_{number}():\n    assert handle_{number}(1) == {number + 1}\n"


def _claim(number: int, area: int) -> str:
    return (
        f"  - id: {claim_id(number)}\n"
        f"    says: {says(number)}\n"
        f"    code: [src/area_{area:04}.py::handle_{number}]\n"
        f"    tests: [tests/test_area_{area:04}.py::test_handle_{number}]\n"
    )


def _commit(root: Path) -> None:
    for command in (
        ("init", "--quiet", "--template=", "--initial-branch=main"),
        ("add", "--all"),
        ("commit", "--quiet", "--message", "Write a big project", "--date", FIRST_COMMIT),
    ):
        subprocess.run([*GIT, *command], cwd=root, check=True)


if __name__ == "__main__":
    write_project(Path(sys.argv[2]), int(sys.argv[1]))
