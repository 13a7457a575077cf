"""A throwaway git repository in which to plant what the repository's gates look for."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IDENTITY = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid"]


class Repository:
    """A git checkout with this repository's `.gitignore` and one commit."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *IDENTITY, *arguments],
            cwd=self.root,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def commit(self, *, force: bool = False) -> None:
        self.git("add", "--all", *(["--force"] if force else []))
        self.git("commit", "--quiet", "--message", "A change")


Gate = Callable[..., "subprocess.CompletedProcess[str]"]
