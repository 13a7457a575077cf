"""The history gate reads every version of every file, removed ones too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.repo.planted import ROOT, Repository

# In two parts, so that this file holds none.
PLANTED = "sk_live_" + "0123456789abcdef"


def run(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evidence.gates.history"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_secret_that_was_removed_again_is_found(repository: Repository) -> None:
    repository.write("app/keys.py", f"\nKEY = '{PLANTED}'\n")
    repository.commit()
    repository.write("app/keys.py", "KEY = ''\n")
    repository.commit()

    done = run(repository.root)

    assert done.returncode == 1
    assert "WRONG  app/keys.py:2 in blob " in done.stdout
    assert PLANTED not in done.stdout
    assert done.stdout.endswith("1 secrets\n")


def test_clean_history_passes_and_says_what_was_read(repository: Repository) -> None:
    repository.write("app/keys.py", "KEY = ''\n")
    repository.commit()

    done = run(repository.root)

    assert done.returncode == 0
    assert done.stdout.startswith("history: 2 commits, ")
    assert done.stdout.endswith(", 0 secrets\n")


def test_shallow_clone_is_not_the_whole_history(repository: Repository, tmp_path: Path) -> None:
    repository.write("more.txt", "more\n")
    repository.commit()
    shallow = tmp_path / "shallow"
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.root}", str(shallow))

    done = run(shallow)

    assert done.returncode == 77
    assert "not run: this clone is shallow" in done.stdout
