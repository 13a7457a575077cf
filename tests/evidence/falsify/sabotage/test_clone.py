"""falsify.sabotage.clone: broken, and mended whole, even while what tests started still ends."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from evidence.engine.falsify.sabotage import clone as module
from evidence.engine.falsify.sabotage.clone import Clone, DoesNotApply, make_clone
from evidence.engine.mistakes import CannotRun
from evidence.engine.project import Project, load_project
from tests.evidence.conftest import Stranger
from tests.evidence.falsify.sabotage.diffs import changed

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
MONEY = "till/money.py"


@pytest.fixture
def copy(first_stranger: Stranger, tmp_path: Path) -> Clone:
    project = load_project(first_stranger.root)
    made = make_clone(project, [MONEY], tmp_path / "copy")
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
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    copy.mend()
    assert (tmp_path / "programs" / "count").read_text(encoding="utf-8").strip() == "0"
    assert not (copy.root / "left.txt").exists()
    assert waited == [0.1, 0.1]


def test_a_copy_that_cannot_be_mended_says_why(
    copy: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vanishing(1000, tmp_path, monkeypatch)
    clock = [500.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: clock.append(clock.pop() + seconds))
    monkeypatch.setattr(module, "_PAUSE_S", module._ENDING_S / 2)
    with pytest.raises(CannotRun, match=r"git clean in a copy of the project: .*could not lstat"):
        copy.mend()
    # At once, after 15 and after 30 s, and once more as soon as these are over.
    assert clock == [545.0]
    assert (tmp_path / "programs" / "count").read_text(encoding="utf-8").strip() == "996"


def below(stranger: Stranger) -> Project:
    """The till as a folder of a larger repository, with changes that nobody committed."""
    top = stranger.root.parent
    shutil.move(stranger.root / ".git", top / ".git")
    (top / "above.txt").write_text("beside the till\n", encoding="utf-8")
    Stranger(top).commit()
    stranger.write(MONEY, "PENNIES = 1\n")
    stranger.write("new.txt", "not committed\n")
    (stranger.root / "README.md").unlink()
    share = ("till/build", ".local/deep/cache")
    for each in share:
        stranger.write(f"{each}/one.txt", "kept\n")
    share = (*share, "tests", "none")
    return replace(load_project(stranger.root), share=share)


FILES = (MONEY, "new.txt", "README.md")


def test_a_copy_is_the_project_as_it_stands_broken_and_mended(
    stranger: Stranger, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = below(stranger)
    before = stranger.git("status", "--porcelain")

    copies = tmp_path_factory.mktemp("copies")
    for at in (copies / "some" / "where" / "one", copies / "some" / "where" / "two"):
        copy = make_clone(project, FILES, at)
        assert copy.root == at / "till"
        assert (at / "above.txt").read_text("utf-8") == "beside the till\n"
        _is_whole(copy)

    copy.break_(changed(f"till/{MONEY}", "PENNIES = 1\n", "PENNIES = 2\n"))
    assert (copy.root / MONEY).read_text("utf-8") == "PENNIES = 2\n"
    # Gates that ask git see a commit, and nothing else.
    assert Stranger(copy.root).git("show", "--format=%s", "--name-only").split("\n\n") == [
        *("Break one promise", f"till/{MONEY}")
    ]
    assert Stranger(copy.root).git("status", "--porcelain") == ""
    (copy.root / "left.txt").write_text("by a test", encoding="utf-8")
    copy.mend()
    _is_whole(copy)
    assert (stranger.root / MONEY).read_text("utf-8") == "PENNIES = 1\n"
    assert stranger.git("status", "--porcelain") == before


def _is_whole(copy: Clone) -> None:
    assert (copy.root / MONEY).read_text("utf-8") == "PENNIES = 1\n"
    assert (copy.root / "new.txt").read_text("utf-8") == "not committed\n"
    assert not (copy.root / "README.md").exists()
    assert not (copy.root / "left.txt").exists()
    for shared in ("till/build", ".local/deep/cache"):
        assert (copy.root / shared / "one.txt").read_text("utf-8") == "kept\n"
    assert not (copy.root / "none").is_symlink()
    assert not (copy.root / "tests").is_symlink()
    # What is linked already stays as it is.
    copy.link()
    assert Stranger(copy.root).git("log", "-1", "--format=%s") == "As it stands"


def test_a_patch_that_does_not_fit_says_where(copy: Clone) -> None:
    with pytest.raises(DoesNotApply, match=rf"^patch failed: {MONEY}:1 "):
        copy.break_(changed(MONEY, "a = 1\n", "a = 2\n"))


def test_what_git_cannot_copy_says_why(stranger: Stranger, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "there.txt").write_text("already", encoding="utf-8")
    with pytest.raises(CannotRun, match=r"till: cannot be copied by git \(.*already exists"):
        make_clone(load_project(stranger.root), [MONEY], tmp_path / "copy")
