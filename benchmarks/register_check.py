"""How long `build_evidence.py check` takes, beside parsing the same YAML and doing nothing else."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from lib.beside import ROOT, measure, python, show

SIZES = (100, 1000, 5000)
IN_A_FILE = 100
NAMES_IN_A_MODULE = 20

PARSE = """
import pathlib, sys, yaml
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.yml")):
    yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
"""
GATES = """gates:
  - id: tests
    proves: All tests pass.
    pytest: [tests]
"""


def main() -> None:
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            write_project(Path(folder), size)
            check = [sys.executable, str(ROOT / "build_evidence.py"), "check", "--project", folder]
            commands = {
                "parse the YAML": python(PARSE, folder),
                "import the engine": python("import evidence.engine.cli"),
                "check": check,
            }
            show(f"{size:,} claims", measure(commands))


def write_project(root: Path, size: int) -> None:
    """Claims that each cite two functions and a test of their own, all of them alive."""
    (root / "pyproject.toml").write_text('[project]\nname = "big"\n\n[tool.evidence]\n')
    for folder in ("evidence/claims", "code", "tests"):
        (root / folder).mkdir(parents=True)
    (root / "evidence/gates.yml").write_text(GATES)
    requirements = "".join(f"    R{n}: Requirement {n}\n" for n in range(size))
    (root / "evidence/requirements.yml").write_text(f"requirements:\n  all:\n{requirements}")
    for module in range(-(-size // NAMES_IN_A_MODULE)):
        numbers = range(module * NAMES_IN_A_MODULE, (module + 1) * NAMES_IN_A_MODULE)
        code = "".join(f"def do_{n}(x):\n    y = x + {n}\n    return y\n\n\n" for n in numbers)
        tests = "".join(f"def test_{n}():\n    assert {n} + 1 > {n}\n\n\n" for n in numbers)
        (root / f"code/m{module}.py").write_text(code)
        (root / f"tests/test_m{module}.py").write_text(tests)
    for area in range(size // IN_A_FILE):
        numbers = range(area * IN_A_FILE, (area + 1) * IN_A_FILE)
        claims = "".join(map(claim, numbers))
        (root / f"evidence/claims/a{area}.yml").write_text(f"area: Area {area}\nclaims:\n{claims}")


def claim(number: int) -> str:
    module, in_area = number // NAMES_IN_A_MODULE, number % IN_A_FILE
    area = "".join(chr(ord("A") + int(digit)) for digit in f"{number // IN_A_FILE:03d}")
    other = module * NAMES_IN_A_MODULE + (number + 1) % NAMES_IN_A_MODULE
    return (
        f"  - id: {area}-{in_area:03d}\n"
        f"    says: Number {number} comes out as it should, whatever was put in.\n"
        f"    requirements: [R{number}]\n"
        f"    code: [code/m{module}.py::do_{number}, code/m{module}.py::do_{other}]\n"
        f"    tests: [tests/test_m{module}.py::test_{number}]\n"
        "    gates: [tests]\n"
    )


if __name__ == "__main__":
    main()
