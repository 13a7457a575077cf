"""Files that must not be published: those that git ignores, and pages that show a secret.

What git ignores is in no clone and no commit, so it proves nothing to anyone else; it is also
where secrets live (`.env`). A cited file that is tracked is shown with secrets blotted out.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from evidence.engine.mistakes import CannotRun, Mistake, Place
from evidence.engine.project import Project
from evidence.engine.register.model import Register

_NO_CHECKOUT = 128
_NONE = 1


def private_citations(project: Project, register: Register) -> tuple[Mistake, ...]:
    """A mistake for each link of a claim that leads to a file that git ignores."""
    cited = [
        (claim, link)
        for claim in register.claims
        for link in (*claim.code, *claim.tests, *claim.pages)
    ]
    private = ignored(project.root, (link.path for _, link in cited))
    return tuple(
        Mistake(link.place, f"{claim.id} cites {why_private(link.path)}")
        for claim, link in cited
        if link.path in private
    )


def why_private(path: str) -> str:
    return f"{path}: git ignores it, so it is never published; cite a file that git tracks"


def ignored(root: Path, paths: Iterable[str]) -> frozenset[str]:
    """Which paths, relative to the root, git ignores. None where there is no checkout.

    Raises CannotRun when git cannot say.
    """
    real = {path: within for path in paths if path and (within := _within(root, path))}
    if not real or not _is_checkout(root):
        return frozenset()
    answer = _git(
        root, "check-ignore", "-z", "--stdin", stdin="\0".join(sorted(set(real.values())))
    )
    if answer.returncode not in (0, _NONE):
        raise CannotRun(
            f"git check-ignore: {answer.stderr.strip()}; make git work in this folder, then run "
            "again"
        )
    found = frozenset(answer.stdout.split("\0"))
    return frozenset(path for path, within in real.items() if within in found)


def first_secret(text: str, patterns: Iterable[str]) -> int:
    """The 1-based line of the first secret by its shape; 0 when there is none."""
    shapes = [re.compile(pattern) for pattern in patterns]
    for number, line in enumerate(text.splitlines(), start=1):
        if any(shape.search(line) for shape in shapes):
            return number
    return 0


def secret_mistake(file: str, line: int) -> Mistake:
    return Mistake(
        Place(file, line),
        "holds what looks like a secret ([tool.evidence.redact] patterns), and pages are "
        "published; take it out",
    )


def _within(root: Path, path: str) -> str:
    """Where the file itself lies, links followed, relative to the root; nothing when outside."""
    real, top = Path(os.path.realpath(root / path)), Path(os.path.realpath(root))
    return real.relative_to(top).as_posix() if real.is_relative_to(top) and real != top else ""


def _is_checkout(root: Path) -> bool:
    return _git(root, "rev-parse", "--git-dir").returncode != _NO_CHECKOUT


def _git(root: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    # Inside a git hook GIT_DIR and GIT_INDEX_FILE would point at something else.
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=root,
            env={**env, "LC_ALL": "C"},
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
    except FileNotFoundError as error:
        raise CannotRun("git: not found on PATH; install git, then run again") from error
