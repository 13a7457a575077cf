"""falsify.sabotage.clone: mended whole, even while what tests started is still ending."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from evidence.engine.falsify.sabotage import clone as module
from evidence.engine.falsify.sabotage.clone import Clone, make_clone
from evidence.engine.mistakes import CannotRun
from evidence.engine.project import load_project
from tests.evidence.conftest import Stranger

# A git that finds a file gone under its hands, as many times as the first line of a file says.
VANISHING = """#!/bin/sh
left=$(cat "{count}")
case " $* " in *" clean "*)
  if [ "$left" -gt 0 ]; then
    echo $((left - 1)) > "{count}"
    echo "warning: could not lstat data/server.pid: No such file or directory" >&2
    exit 1
  fi
esac
exec "{git}" "$@"
"""


@pytest.fixture
def copy(first_stranger: Stranger, tmp_path: Path) -> Clone:
    project = load_project(first_stranger.root)
    made = make_clone(project, ["till/money.py"], tmp_path / "copy")
    (made.root / "left.txt").write_text("by a test", encoding="utf-8")
    return made


def vanishing(times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git = shutil.which("git")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "count").write_text(str(times), encoding="utf-8")
    text = VANISHING.format(count=programs / "count", git=git)
    (programs / "git").write_text(text, encoding="utf-8")
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")


def test_files_that_go_while_it_mends_are_no_mistake(
    copy: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vanishing(2, tmp_path, monkeypatch)
    copy.mend()
    assert (tmp_path / "programs" / "count").read_text(encoding="utf-8").strip() == "0"
    assert not (copy.root / "left.txt").exists()


def test_a_copy_that_cannot_be_mended_says_why(
    copy: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vanishing(1000, tmp_path, monkeypatch)
    monkeypatch.setattr(module, "_ENDING_S", 0.0)
    with pytest.raises(CannotRun, match=r"git clean in a copy of the project: .*could not lstat"):
        copy.mend()
