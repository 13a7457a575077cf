"""Questions put to git about one folder; nothing is ever changed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from evidence.engine.mistakes import CannotRun


def ask_git(root: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """What git answers, its exit code included. Raises CannotRun when there is no git."""
    # Inside a git hook GIT_DIR and GIT_INDEX_FILE would point at something else.
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=root,
            env={**env, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
    except FileNotFoundError as error:
        raise CannotRun("git: not found on PATH; install git, then run again") from error
