"""The engine's own folders: made once, ignored by git, and a person's rules in them left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence.engine.mistakes import CannotRun
from evidence.engine.outputs import make_output_folder


def test_rules_that_stand_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "build"
    make_output_folder(folder, key="build")
    rules = folder / ".gitignore"
    assert rules.read_text("utf-8").splitlines()[-1] == "*"
    rules.write_text("*.log\n", encoding="utf-8")
    make_output_folder(folder, key="build")
    assert rules.read_text("utf-8") == "*.log\n"


def test_a_folder_that_cannot_be_written_says_which_key_names_another(tmp_path: Path) -> None:
    (tmp_path / "build").write_text("a file", encoding="utf-8")
    with pytest.raises(CannotRun) as no:
        make_output_folder(tmp_path / "build" / "site", key="build")
    assert str(no.value) == (
        f"{tmp_path}/build/site: cannot be written (Not a directory); make it writable, or set "
        "[tool.evidence] build to another folder."
    )
