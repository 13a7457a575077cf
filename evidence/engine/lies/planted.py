"""The small project that lies: a till, one claim, one test, one patch. It is no Django project."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ENGINE = Path(__file__).resolve().parents[3] / "build_evidence.py"
MONEY = '''"""Sums at a till, in whole pennies."""


def total(prices):
    """What the basket costs."""
    return sum(prices)
'''
HONEST = """from till.money import total


def test_total_adds_up():
    assert total([100, 250]) == 350
"""
FILES = {
    "pyproject.toml": """[project]
name = "till"
version = "1.0.0"

[tool.evidence]
name = "Till"

[tool.evidence.env]
PYTEST_DISABLE_PLUGIN_AUTOLOAD = "1"
PYTEST_PLUGINS = "pytest_cov.plugin,pytest_jsonreport.plugin"

[tool.pytest.ini_options]
pythonpath = ["."]
""",
    ".gitignore": "build\n.build/\n.local/\n__pycache__/\n",
    "till/__init__.py": '"""A till."""\n',
    "till/money.py": MONEY,
    "tests/test_money.py": HONEST,
    "evidence/claims/till.yml": """area: Till
claims:
  - id: TILL-01
    says: A basket costs the sum of its prices.
    critical: true
    code: ["till/money.py::total"]
    tests: ["tests/test_money.py::test_total_adds_up"]
    sabotage: [dearest-only]
""",
    "evidence/gates.yml": """gates:
  - id: tests
    proves: The till's own tests pass.
    pytest: [tests]
""",
    "evidence/sabotage/dearest-only.patch": """breaks: TILL-01
says: A basket costs what its dearest thing costs.

--- a/till/money.py
+++ b/till/money.py
@@ -4,3 +4,3 @@
 def total(prices):
     \"\"\"What the basket costs.\"\"\"
-    return sum(prices)
+    return max(prices)
""",
}
# The same commits each time, so that what is printed of them is the same as well.
_AT = {"GIT_AUTHOR_DATE": "2026-01-01T12:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T12:00:00Z"}
_GIT = (
    *("git", "-c", "user.name=Larry Liar", "-c", "user.email=larry@till.example"),
    *("-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null"),
)


@dataclass(frozen=True)
class Till:
    """The project in a folder of its own, committed."""

    root: Path

    @staticmethod
    def opened(root: Path, **changed: str) -> Till:
        """Honest but for the files that are given."""
        till = Till(root)
        for path, text in {**FILES, **changed}.items():
            till.write(path, text)
        till.git("init", "--quiet", "--template=")
        till.commit()
        return till

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8", newline="\n")

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Open the till")

    def git(self, *arguments: str) -> None:
        subprocess.run([*_GIT, *arguments], cwd=self.root, env=_environment(), check=True)

    def engine(self, *words: str, **variables: str) -> str:
        """What the engine prints, both streams in order, whatever its exit code."""
        return self.run(sys.executable, str(ENGINE), *words, "--no-color", **variables)

    def run(self, *command: str, **variables: str) -> str:
        ended = subprocess.run(
            command,
            cwd=self.root,
            env={**_environment(), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return ended.stdout.replace(str(self.root), "<till>")


def _environment() -> dict[str, str]:
    """Nothing of whoever replays this decides how it ends."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")
    own = {name: os.environ[name] for name in kept if name in os.environ}
    return {**own, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "CI": "1", **_AT}
