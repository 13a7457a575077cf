"""Fixtures for the repository's own gates."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.repo.own_processes import ends, of_this_test
from tests.repo.planted import ROOT, Gate, Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.root.mkdir()
    made.git("init", "--quiet", "--initial-branch=main")
    made.write(".gitignore", (ROOT / ".gitignore").read_bytes())
    made.commit()
    return made


@pytest.fixture
def gate(repository: Repository) -> Gate:
    """Runs one of the repository's gates in the throwaway repository."""

    def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(ROOT / "evidence" / "gates" / name), *arguments],
            cwd=repository.root,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONUTF8": "1"},
        )

    return run


@pytest.fixture
def install() -> ModuleType:
    """The installer, which stands in no package."""
    found = importlib.util.spec_from_file_location("install", ROOT / "requirements/install.py")
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def ends_only_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate that ends what it left running is broken on purpose too: then it may take all that
    runs on this machine for its own, and a test that lets it would end that."""
    kill, ours = os.kill, set[int]()

    def careful(number: int, sign: int) -> None:
        # Whoever's parent has ended by now was seen while it lived.
        ours.update(of_this_test(tmp_path))
        if number not in ours and ends(number, within_s=2.0):
            raise ProcessLookupError(number)
        assert number in ours, f"process {number} is none of this test's"
        kill(number, sign)

    monkeypatch.setattr(os, "kill", careful)
