"""A stranger's repository: what the engine's tests are pointed at instead of this shop."""

from __future__ import annotations

import shutil
import subprocess
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from evidence.engine.cli import main

# A stranger has the plugins that a gate of tests needs, not all that this repository's tests use.
PYTEST_ENV = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTEST_PLUGINS": "pytest_cov.plugin,pytest_jsonreport.plugin,xdist.plugin",
}

PYPROJECT = """
[project]
name = "till"
version = "1.2.0"

[tool.evidence]
name = "Till"

[tool.evidence.env]
{env}

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["."]
"""

MONEY = '''
"""Sums at a till, in whole pennies."""

CURRENCY = "GBP"


def total(prices):
    """What the basket costs."""
    return sum(prices)


def change(paid, price):
    """What the customer gets back; refuses too little."""
    if paid < price:
        raise ValueError("not enough")
    return paid - price


class Drawer:
    """The notes and coins in the till."""

    def __init__(self):
        self.held = 0

    def put(self, pennies):
        self.held += pennies
        return self.held
'''

TESTS = """
import pytest

from till.money import Drawer, change, total


@pytest.fixture
def drawer():
    return Drawer()


def test_total_adds_up():
    assert total([100, 250]) == 350


@pytest.mark.parametrize(("paid", "price", "back"), [(500, 350, 150), (350, 350, 0)])
def test_change_is_the_difference(paid, price, back):
    assert change(paid, price) == back


def test_too_little_is_refused():
    with pytest.raises(ValueError, match="not enough"):
        change(100, 350)


class TestDrawer:
    def test_holds_what_was_put(self, drawer):
        assert drawer.put(350) == 350
"""

CLAIMS = """
area: Till
about: What happens when somebody pays.
claims:
  - id: TILL-01
    says: A basket costs the sum of its prices.
    requirements: [T1]
    code: [till/money.py::total]
    tests: [tests/test_money.py::test_total_adds_up]
    gates: [tests]
  - id: TILL-02
    says: Change is what was paid less the price, and too little is refused.
    requirements: [T1, T2]
    critical: true
    code: [till/money.py::change, till/money.py::Drawer.put]
    tests:
      - tests/test_money.py::test_change_is_the_difference
      - tests/test_money.py::test_too_little_is_refused
      - tests/test_money.py::TestDrawer::test_holds_what_was_put
  - id: TILL-03
    says: The package imports on its own.
    requirements: [T3]
    code: [till/money.py::CURRENCY, till/__init__.py]
    gates: [imports]
"""

GATES = """
gates:
  - id: tests
    proves: The till's own tests pass.
    pytest: [tests]
    timeout_s: 60
    tools: [pytest]
  - id: imports
    proves: The package imports without anything else installed.
    run: ["{python}", -c, "import till.money; print('till imports')"]
    timeout_s: 30
"""

REQUIREMENTS = """
requirements:
  selling:
    T1: The till adds up
    T2: The till refuses too little money
  packaging:
    T3: The till can be imported
    T4: The till speaks French
"""

SCOPE = """
out_of_scope:
  - id: cards
    says: Card payments
    why: This till takes cash only.
"""

FILES = {
    "pyproject.toml": PYPROJECT.format(
        env="\n".join(f'{name} = "{value}"' for name, value in PYTEST_ENV.items())
    ),
    ".gitignore": "build\n.build/\n.local/\n__pycache__/\n.pytest_cache/\n",
    "README.md": "# Till\n",
    "till/__init__.py": '"""A till."""\n',
    "till/money.py": MONEY,
    "tests/test_money.py": TESTS,
    "evidence/claims/till.yml": CLAIMS,
    "evidence/gates.yml": GATES,
    "evidence/requirements.yml": REQUIREMENTS,
    "evidence/scope.yml": SCOPE,
}

# The author is named on the command line so that no test needs, reads or changes a global config.
GIT = (
    "git",
    *("-c", "user.name=Sam Stranger"),
    *("-c", "user.email=sam@example.org"),
    *("-c", "commit.gpgsign=false"),
    *("-c", "init.defaultBranch=main"),
    *("-c", "core.autocrlf=false"),
)


@dataclass(frozen=True)
class Stranger:
    """A small git repository, committed and clean, that is not Django and not ours.

    It holds a package `till`, tests that pass, two gates (`tests` by pytest, `imports` by run),
    three claims (TILL-01 plain, TILL-02 critical, TILL-03 a constant, a file and a gate), four
    requirements of which T4 is cited by nobody, and one line out of scope.
    """

    root: Path

    def write(self, path: str, text: str | bytes) -> Path:
        """Write one file (a leading newline and common indent are dropped from text)."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        data = textwrap.dedent(text).lstrip("\n").encode() if isinstance(text, str) else text
        target.write_bytes(data)
        return target

    def replace(self, path: str, old: str, new: str) -> None:
        """Change one passage of one file; the passage must stand there exactly once."""
        text = self.read(path)
        assert text.count(old) == 1, f"{path} holds {old!r} {text.count(old)} times"
        (self.root / path).write_text(text.replace(old, new), encoding="utf-8")

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def git(self, *args: str) -> str:
        """Run git in the repository as Sam Stranger; returns what it printed, stripped."""
        done = subprocess.run(
            [*GIT, *args], cwd=self.root, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, message: str = "Change something") -> str:
        """Commit everything there is; returns the commit's 40 hex digits."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture(scope="session")
def first_stranger(tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    """The repository that the others are copies of. Not to be changed."""
    repository = Stranger(tmp_path_factory.mktemp("first") / "till")
    for path, text in FILES.items():
        repository.write(path, text)
    # Without the sample hooks, which would be copied hundreds of times.
    repository.git("init", "--quiet", "--template=")
    repository.commit("Open the till")
    return repository


@pytest.fixture
def stranger(first_stranger: Stranger, tmp_path: Path) -> Stranger:
    """A stranger's committed repository with a three-claim register, in a folder of its own."""
    return Stranger(shutil.copytree(first_stranger.root, tmp_path / "till"))


TRACE_GATE = """
  - id: trace
    proves: It leaves a trace each time it runs.
    run: [sh, -c, 'echo ran >> "$PWD/.local/trace"']
    timeout_s: 30
"""
SETTINGS = "LIMIT_PENNIES = 1000\n"
MIGRATION = """
class Migration:
    operations = [
        ("create", "sale"),
        ("unique", "sale", "receipt"),
    ]
"""


@pytest.fixture(scope="module")
def proved(first_stranger: Stranger, tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    """A stranger's project, proved and published once. Not to be changed."""
    stranger = Stranger(shutil.copytree(first_stranger.root, tmp_path_factory.mktemp("p") / "till"))
    (stranger.root / ".local").mkdir()
    stranger.write("evidence/gates.yml", stranger.read("evidence/gates.yml") + TRACE_GATE)
    stranger.write("till/settings.py", SETTINGS)
    stranger.write("till/migrations/0001_first.py", MIGRATION)
    stranger.write("data/prices.csv", "tea,150\n")
    stranger.commit()
    assert main(["--project", str(stranger.root), "--no-color"]) == 0
    return stranger


@pytest.fixture
def copy(proved: Stranger, tmp_path: Path) -> Stranger:
    return Stranger(shutil.copytree(proved.root, tmp_path / "till", symlinks=True))
