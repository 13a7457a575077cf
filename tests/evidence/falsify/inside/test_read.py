"""falsify.inside.read: a file that is read as a text is told from one that is loaded."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

import pytest

from evidence.engine.falsify.inside.read import Read


@pytest.fixture
def reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    (tmp_path / "read_here.py").write_text("from pathlib import Path\nFOUND = 1\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "read_here", raising=False)
    # What was compiled would be read in its place the second time.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return Read(tmp_path, ["read_here.py", "gone.py"])


def opened(reading: Read, path: object) -> set[str]:
    reading.hear("open", (path, "r", 0))
    return reading.found


def test_a_text_that_is_read_is_told(reading: Read, tmp_path: Path) -> None:
    for other in (tmp_path / "other.py", tmp_path / "read_here.txt", 3):
        assert opened(reading, other if isinstance(other, int) else str(other)) == set()
    reading.hear("import", (str(tmp_path / "read_here.py"), None, None))
    assert reading.found == set()
    assert opened(reading, str(tmp_path / "read_here.py")) == {"read_here.py"}


@pytest.mark.parametrize("as_given", [str, Path, str.encode])
def test_it_is_known_by_any_of_its_paths(
    reading: Read, tmp_path: Path, as_given: Callable[[str], object], monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path)
    assert opened(reading, as_given("link/../link/read_here.py")) == set()
    assert opened(reading, as_given("link/./read_here.py")) == {"read_here.py"}


def test_what_another_thread_reads_meanwhile_is_a_text(
    reading: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one loads a module, another reads the same file."""
    file = str(tmp_path / "read_here.py")

    def get_data(loader: SourceFileLoader, path: str) -> bytes:
        other = threading.Thread(target=opened, args=(reading, file))
        other.start()
        other.join()
        assert reading.found == {"read_here.py"}
        # Nothing that was compiled is there.
        return b"FOUND = 1\n" if path == file else b""

    monkeypatch.setattr(SourceFileLoader, "get_data", get_data)
    with reading.telling_loaders_apart():
        assert importlib.import_module("read_here").FOUND == 1


def test_what_python_loads_is_no_text(reading: Read) -> None:
    heard: list[str] = []

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if reading.is_over:
            return
        heard.append(event)
        reading.hear(event, arguments)

    sys.addaudithook(hook)
    with reading.telling_loaders_apart():
        assert importlib.import_module("read_here").FOUND == 1
    assert "open" in heard
    assert reading.found == set()
    # Outside of that, nobody says that it is Python who reads.
    importlib.reload(sys.modules["read_here"])
    assert reading.found == {"read_here.py"}
    reading.is_over = True


def test_a_text_that_is_asked_of_the_loader_is_a_text(reading: Read, tmp_path: Path) -> None:
    loader = SourceFileLoader("read_here", str(tmp_path / "read_here.py"))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        reading.hear(event, arguments)

    sys.addaudithook(hook)
    with reading.telling_loaders_apart():
        loader.get_code("read_here")
        assert reading.found == set()
        loader.get_source("read_here")
        assert reading.found == {"read_here.py"}
    reading.is_over = True


def test_what_hypothesis_draws_from_is_told_apart(tmp_path: Path) -> None:
    reading = Read(tmp_path, ["read_here.py", "other.py"])
    path = str(tmp_path / "read_here.py")
    for module in ("hypothesis.internal.constants_ast", "hypothesis.core"):
        asks: dict[str, Any] = {"__name__": module, "reading": reading, "path": path}
        exec("def ask(): reading.hear('open', (path, 'r', 0))", asks)  # noqa: S102 - ours
        asks["ask"]()
        assert reading.drawn_from == {"read_here.py"}
        # Under it the tests themselves run, and whatever they read.
        assert reading.found == ({"read_here.py"} if module == "hypothesis.core" else set())


def test_what_is_read_apart_is_kept_there(tmp_path: Path) -> None:
    reading, kept = Read(tmp_path, ["read_here.py", "other.py"]), {"before.py"}
    with reading.apart(kept):
        reading.hear("open", (str(tmp_path / "read_here.py"), "r", 0))
    assert opened(reading, str(tmp_path / "other.py")) == {"other.py"}
    assert kept == {"before.py", "read_here.py"}


def test_once_it_is_over_nobody_listens(tmp_path: Path) -> None:
    reading = Read(tmp_path, ["read_here.py", "other.py"])
    assert opened(reading, str(tmp_path / "other.py")) == {"other.py"}
    reading.is_over = True
    assert opened(reading, str(tmp_path / "read_here.py")) == {"other.py"}
