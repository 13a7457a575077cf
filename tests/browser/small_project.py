"""A small project with a register of its own, for walks that need whole builds in seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = """[project]
name = "till"
version = "{version}"

[tool.evidence]
name = "Till"
"""
GATES = """gates:
  - id: adds-up
    proves: One and one are two.
    run: ["{python}", -c, "assert 1 + 1 == 2"]
"""
CLAIM = """  - id: TILL-{number:02d}
    says: {says}
    gates: [adds-up]
"""


def opened(home: Path, *, version: str, says: tuple[str, ...]) -> Path:
    """A new repository with this one release."""
    clone = home / "till"
    clone.mkdir()
    run(clone, "git", "init", "--quiet", ".")
    release(clone, version=version, says=says)
    return clone


def release(clone: Path, *, version: str, says: tuple[str, ...]) -> None:
    """Commit and tag a version that makes these claims."""
    run(clone, "git", "config", "user.name", "Rita Release")
    run(clone, "git", "config", "user.email", "rita@shop.example")
    (clone / "evidence" / "claims").mkdir(parents=True, exist_ok=True)
    claims = "".join(CLAIM.format(number=n, says=text) for n, text in enumerate(says, start=1))
    files = {
        "pyproject.toml": PROJECT.format(version=version),
        ".gitignore": "/build\n/.build/\n/.local/\n",
        "evidence/gates.yml": GATES,
        "evidence/claims/till.yml": f"area: Till\nclaims:\n{claims}",
    }
    for name, text in files.items():
        (clone / name).write_text(text, encoding="utf-8")
    run(clone, "git", "add", "--all")
    run(clone, "git", "commit", "--quiet", "-m", f"Release {version}")
    run(clone, "git", "tag", f"v{version}")


def command(*arguments: str) -> list[str]:
    """This repository's engine, told so much."""
    return [sys.executable, str(ROOT / "build_evidence.py"), "--no-color", *arguments]


def evidence(clone: Path, *arguments: str) -> str:
    return run(clone, *command(*arguments))


def verify(bundle: Path) -> subprocess.CompletedProcess[str]:
    """What a buyer's verifier says of it."""
    words = [sys.executable, str(ROOT / "evidence" / "verify.py"), bundle.name, "--allow-unsigned"]
    return subprocess.run(words, cwd=bundle.parent, capture_output=True, text=True, check=False)


def shown(*ended: subprocess.CompletedProcess[str]) -> str:
    """What was printed on a terminal, as a page to photograph."""
    text = "\n\n".join(
        f"$ python3 evidence/verify.py evidence.zip --allow-unsigned\n{each.stdout}{each.stderr}"
        f"(exit code {each.returncode})"
        for each in ended
    )
    style = "background:#111;color:#eee;font:13px/1.45 monospace;margin:0;padding:1.5rem"
    return f'<body style="{style}"><pre style="white-space:pre-wrap">{escape(text)}</pre>'


def run(folder: Path, *words: str) -> str:
    """What a command printed; it has to succeed."""
    ended = subprocess.run(
        words, cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, f"{' '.join(words[:4])}: {ended.stdout}{ended.stderr}"
    return ended.stdout


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
