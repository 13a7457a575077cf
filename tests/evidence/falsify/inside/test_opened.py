"""falsify.opened: whoever opens a file is seen, this process or another."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence.engine.falsify.inside import opened
from evidence.engine.falsify.inside.opened import GIT, Opened

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux tells which files are opened"
)
FILES = ("README.md", "shop/till.py", "shop/pages/tea.html")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path in (*FILES, "shop/made.txt", ".git/HEAD", ".git/objects/0"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("tea\n", "utf-8")
    return tmp_path


@pytest.fixture
def watching(root: Path) -> Iterator[Opened]:
    found = Opened(root, FILES, root / ".git")
    yield found
    found.close()


def test_files_that_are_opened_are_told_until_they_are_forgotten(
    root: Path, watching: Opened
) -> None:
    assert watching.told() == frozenset()
    for path in ("README.md", "shop/pages/tea.html", "README.md"):
        (root / path).read_bytes()
    assert watching.told() == {"README.md", "shop/pages/tea.html"}
    (root / "shop/till.py").read_bytes()
    assert watching.told() == set(FILES)
    watching.forget()
    assert watching.told() == frozenset()
    (root / "README.md").read_bytes()
    watching.forget()
    assert watching.told() == frozenset()


def test_what_is_opened_apart_is_told_there_and_nowhere_else(root: Path, watching: Opened) -> None:
    (root / "README.md").read_bytes()
    with watching.apart() as outer:
        (root / "shop/till.py").read_bytes()
        assert outer() == {"shop/till.py"}
        with watching.apart() as inner:
            assert inner() == frozenset()
            (root / "shop/pages/tea.html").read_bytes()
            assert inner() == {"shop/pages/tea.html"}
            (root / "README.md").read_bytes()
        assert outer() == {"shop/till.py"}
    assert watching.told() == {"README.md"}


def test_what_a_process_opened_is_told_once_it_has_ended(root: Path, watching: Opened) -> None:
    """It asks nobody of us, and loads a module as Python does."""
    code = "import till, pathlib; pathlib.Path('README.md').read_text()"
    (root / "shop/till.py").write_text("RATE = 1\n", "utf-8")
    watching.forget()
    for _ in range(3):
        argv = [sys.executable, "-B", "-c", f"import sys; sys.path.insert(0, 'shop'); {code}"]
        subprocess.run(argv, cwd=root, check=True)
        assert watching.told() == {"README.md", "shop/till.py"}
        watching.forget()


def test_a_file_with_points_in_its_name_is_known_by_what_was_compiled_of_it(root: Path) -> None:
    (root / "__pycache__").mkdir()
    (root / "__pycache__/0001.first.cpython-311.pyc").write_bytes(b"")
    (root / "__pycache__/plain.cpython-311.opt-2.pyc").write_bytes(b"")
    watching = Opened(root, ["0001.first.py", "0001.py", "plain.py"])
    (root / "__pycache__/0001.first.cpython-311.pyc").read_bytes()
    # So it is called while it is written.
    (root / "__pycache__/0001.cpython-311.pyc.1402").write_bytes(b"")
    assert watching.told() == {"0001.first.py"}
    (root / "__pycache__/plain.cpython-311.opt-2.pyc").read_bytes()
    assert watching.told() == {"0001.first.py", "plain.py"}
    # As pytest calls what it put its own words into.
    (root / "__pycache__/0001.cpython-311-pytest-9.1.1.pyc").write_bytes(b"")
    assert watching.told() == {"0001.first.py", "plain.py", "0001.py"}
    watching.close()


@pytest.mark.parametrize("there_before", [False, True])
def test_what_python_compiled_stands_for_its_file(
    root: Path, there_before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second process loads what the first one left, and never opens the file itself."""
    argv = [sys.executable, "-c", "import sys; sys.path.insert(0, 'shop'); import till"]
    env = {"PATH": ""}
    (root / "shop/till.py").write_text("RATE = 1\n", "utf-8")
    if there_before:
        subprocess.run(argv, cwd=root, check=True, env=env)
    watching = Opened(root, FILES, root / ".git")
    for _ in range(3):
        subprocess.run(argv, cwd=root, check=True, env=env)
        assert watching.told() == {"shop/till.py"}
        watching.forget()
    # Somebody tidies up, and it is made anew.
    shutil.rmtree(root / "shop/__pycache__")
    watching.forget()
    for _ in range(2):
        subprocess.run(argv, cwd=root, check=True, env=env)
        assert watching.told() == {"shop/till.py"}
        watching.forget()
    watching.close()


def test_what_python_compiled_at_the_root_stands_for_its_file(root: Path) -> None:
    (root / "__pycache__").mkdir()
    (root / "__pycache__/main.cpython-311.pyc").write_bytes(b"")
    watching = Opened(root, ["main.py"], root / ".git")
    (root / "__pycache__/main.cpython-311.pyc").read_bytes()
    assert watching.told() == {"main.py"}
    watching.close()


def test_what_is_no_file_of_the_project_is_not_told(root: Path, watching: Opened) -> None:
    (root / "shop/made.txt").read_bytes()
    (root / "shop/new.txt").write_text("new\n", "utf-8")
    assert {path.name for path in (root / "shop").iterdir()} >= {"till.py", "made.txt"}
    assert (root / "README.md").stat().st_size
    assert watching.told() == frozenset()


def test_whoever_asks_git_may_have_seen_everything(root: Path, watching: Opened) -> None:
    (root / ".git/HEAD").read_bytes()
    assert watching.told() == {GIT}


def test_a_file_that_is_put_in_place_anew_is_watched_as_before(
    root: Path, watching: Opened
) -> None:
    (root / "shop/.till.py.broken").write_text("milk\n", "utf-8")
    (root / "shop/.till.py.broken").replace(root / "shop/till.py")
    assert watching.told() == frozenset()
    (root / "shop/till.py").read_bytes()
    assert watching.told() == {"shop/till.py"}


def test_more_than_linux_keeps_for_us_and_nobody_knows_any_more(
    root: Path, watching: Opened
) -> None:
    """A folder may have come or gone meanwhile."""
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text("ascii"))
    for _ in range(most // 2 + 1):
        # The same file twice in a row would be told once.
        (root / "README.md").open("rb").close()
        (root / "shop/till.py").open("rb").close()
    assert watching.told() is None
    watching.forget()
    assert watching.told() is None


def test_whoever_listens_now_and_then_loses_nothing(root: Path, watching: Opened) -> None:
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text("ascii"))
    for number in range(most // 2 + 1):
        (root / "README.md").open("rb").close()
        (root / "shop/till.py").open("rb").close()
        if number % 1000 == 0:
            watching.listen()
    assert watching.told() == {"README.md", "shop/till.py"}


def test_a_folder_that_goes_leaves_nothing_known(root: Path, watching: Opened) -> None:
    (root / "shop/pages/tea.html").unlink()
    (root / "shop/pages").rmdir()
    assert watching.told() is None
    watching.forget()
    assert watching.told() is None


def test_a_folder_that_is_put_elsewhere_leaves_nothing_known(root: Path, watching: Opened) -> None:
    (root / "shop").rename(root / "stock")
    assert watching.told() is None


def test_without_git_nobody_asks_it(root: Path) -> None:
    watching = Opened(root, FILES)
    (root / ".git/HEAD").read_bytes()
    (root / "README.md").read_bytes()
    assert watching.told() == {"README.md"}
    watching.close()


def test_nobody_knows_where_there_is_no_inotify(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened.sys, "platform", "darwin")
    found = Opened(root, FILES, root / ".git")
    found.forget()
    assert found.told() is None
    found.close()


def test_nobody_knows_when_linux_has_no_watch_left(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Spent:
        def inotify_init1(self, flags: int) -> int:
            return -1

    monkeypatch.setattr(opened, "_libc", Spent)
    assert Opened(root, FILES, root / ".git").told() is None


def test_nobody_knows_when_one_folder_cannot_be_watched(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = opened._libc()

    class Full:
        def inotify_init1(self, flags: int) -> int:
            return int(real.inotify_init1(flags))

        def inotify_add_watch(self, descriptor: int, folder: bytes, mask: int) -> int:
            return -1 if folder.endswith(b"pages") else 1

    monkeypatch.setattr(opened, "_libc", Full)
    found = Opened(root, FILES, root / ".git")
    assert found.told() is None
    found.close()


def test_nobody_knows_after_the_end_and_nothing_is_left_open(root: Path, watching: Opened) -> None:
    descriptor = watching._descriptor
    assert descriptor is not None
    assert os.fstat(descriptor)
    watching.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    assert watching.told() is None
    watching.close()
    watching.forget()
    assert watching.told() is None
