"""The top level holds what was agreed, and git tracks all of it."""

from __future__ import annotations

import subprocess

import pytest

from tests.repo.planted import ROOT


@pytest.mark.parametrize(
    "name",
    [
        "site_src",
        "evidence",
        "app",
        "tests",
        "mkdocs.yml",
        "build_evidence.py",
        "pyproject.toml",
        "docker-compose.yml",
        ".gitignore",
    ],
)
def test_top_level_holds_the_agreed_folders_and_files(name: str) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "--", name], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert tracked.stdout.strip(), f"{name}: git tracks nothing of that name at the top level"
