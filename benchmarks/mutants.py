"""What a mutant costs here, beside mutmut on the same functions and the same tests.

mutmut comes into a throwaway environment; where it cannot be installed, only ours is measured.
Both take the whole way: from a repository whose tests have run once to an answer for each mutant.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MUTMUT = "mutmut~=3.3"
FUNCTIONS = 40
TARGET = 4

FUNCTION = '''
def rule_{n}(amount, limit):
    """Whether so much may go, and what is left then."""
    if amount <= 0 or limit < {n}:
        raise ValueError("nothing")
    total = amount * {n} + limit
    if total > 100 and amount != limit:
        total -= {n} + 1
    return total // 2
'''
TEST = """
def test_rule_{n}():
    assert rules.rule_{n}(10, {n}) == (10 * {n} + {n} - ({n} + 1 if 11 * {n} > 100 and {n} != 10 else 0)) // 2
    assert rules.rule_{n}({n}, {n}) == ({n} * {n} + {n}) // 2
    for amount, limit in ((0, {n}), (1, {n} - 1)):
        with pytest.raises(ValueError):
            rules.rule_{n}(amount, limit)
"""  # noqa: E501 - as a person would write it
PYPROJECT = """
[project]
name = "rules"
version = "1"
[tool.evidence]
name = "Rules"
[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["."]
[tool.mutmut]
paths_to_mutate = ["shop"]
"""
TRY = """
import sys, time
from pathlib import Path
from evidence.engine.falsify.mutation import try_claims
from evidence.engine.project import load_project
from evidence.engine.register.reading import read_register
from evidence.engine.run.listener import Silent
from evidence.engine.run.record import read_run
project = load_project(Path(sys.argv[1]))
register = read_register(project)
began = time.perf_counter()
found = try_claims(project, register, register.claims, read_run(project), Silent()).record
seconds = time.perf_counter() - began
kills = sum(any(t.outcome.is_kill for t in m.trials) for m in found.mutants)
assert not found.complaints and not found.red, (found.complaints, found.red)
print(seconds, len(found.mutants), kills)
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "rules"
        _write(project)
        _ours_first(project)
        seconds, mutants, kills = _ours(project)
        _show("this engine", seconds, mutants, kills)
        beside = _mutmut(project, Path(folder) / "venv")
        if beside is None:
            print(f"mutmut: not run, for {MUTMUT} could not be installed")
            return
        _show("mutmut", *beside)
        ratio = (beside[0] / beside[1]) / (seconds / mutants)
        print(
            f"a mutant takes mutmut {ratio:.1f} times as long, at least {TARGET} expected: ", end=""
        )
        print("met" if ratio >= TARGET else "missed on these plain functions")
        if ratio < TARGET:
            raise SystemExit(1)


def _write(project: Path) -> None:
    numbers = range(1, FUNCTIONS + 1)
    claims = [
        f"  - {{id: RUL-{n:02}, says: Rule {n} holds., code: ['shop/rules.py::rule_{n}'], "
        f"tests: ['tests/test_rules.py::test_rule_{n}']}}\n"
        for n in numbers
    ]
    files = {
        "pyproject.toml": PYPROJECT,
        ".gitignore": "build\n.build/\n.local/\n__pycache__/\nmutants/\n",
        "shop/__init__.py": "",
        "shop/rules.py": "".join(FUNCTION.format(n=n) for n in numbers),
        "tests/test_rules.py": "import pytest\n\nfrom shop import rules\n"
        + "".join(TEST.format(n=n) for n in numbers),
        "evidence/claims/rules.yml": "area: Rules\nclaims:\n" + "".join(claims),
        "evidence/gates.yml": "gates:\n  - {id: tests, proves: They pass., pytest: [tests]}\n",
    }
    for path, text in files.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text, "utf-8")
    who = ("-c", "user.name=Bench", "-c", "user.email=bench@example.org")
    for command in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "Rules"]):
        subprocess.run(["git", *command], cwd=project, check=True)


def _ours_first(project: Path) -> None:
    """The tests run once, as in every build: what that costs is the gate's, not the mutants'."""
    command = [sys.executable, str(ROOT / "build_evidence.py"), "run", "--no-falsify"]
    subprocess.run([*command, "--project", str(project)], check=True, stdout=subprocess.DEVNULL)


def _ours(project: Path) -> tuple[float, int, int]:
    command = [sys.executable, "-c", TRY, str(project)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    seconds, mutants, kills = done.stdout.split()
    return float(seconds), int(mutants), int(kills)


def _mutmut(project: Path, home: Path) -> tuple[float, int, int] | None:
    venv.create(home, with_pip=True)
    python = str(home / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", MUTMUT, "pytest"]
    if subprocess.run(install, check=False, capture_output=True).returncode:
        return None
    began = time.perf_counter()
    done = subprocess.run(
        [python, "-m", "mutmut", "run", "--max-children", "2"],
        cwd=project,
        check=False,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - began
    codes = [
        code
        for file in project.glob("mutants/**/*.meta")
        for code in json.loads(file.read_text("utf-8"))["exit_code_by_key"].values()
    ]
    if not codes:
        said = re.sub(r"\s+", " ", done.stdout + done.stderr)[-300:]
        raise SystemExit(f"mutmut tried nothing: {said}")
    return seconds, len(codes), sum(1 for code in codes if code in (1, 3))


def _show(name: str, seconds: float, mutants: int, kills: int) -> None:
    print(
        f"{name:<12} {seconds:7.1f} s  {mutants:5} mutants  {kills:5} killed  "
        f"{1000 * seconds / mutants:7.1f} ms a mutant"
    )


if __name__ == "__main__":
    main()
