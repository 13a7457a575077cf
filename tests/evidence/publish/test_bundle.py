"""publish.bundle: where the bundle lies, and that nothing half written does."""

from __future__ import annotations

import errno
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evidence import verify
from evidence.engine.mistakes import CannotRun
from evidence.engine.publish import bundle


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    build = tmp_path / "build"
    build.mkdir()
    (build / "MANIFEST.sha256").write_text("")
    monkeypatch.setattr(bundle, "_moment", lambda project, build: (2026, 3, 2, 12, 0, 0))
    return SimpleNamespace(build=build, store=tmp_path, name="The Till")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "packing"),
    [
        (b"ok 200\n", zipfile.ZIP_STORED),
        (b"%d", zipfile.ZIP_DEFLATED),
    ],
)
def test_log_that_the_verifier_would_take_for_a_bomb_is_packed_as_it_is(
    project: Any, line: bytes, packing: int
) -> None:
    text = b"".join(line % number if b"%" in line else line for number in range(200_000))
    (project.build / "load.log").write_bytes(text)
    target, _ = bundle.pack(project)
    with verify._opened(str(target)) as opened:
        assert opened.read("load.log") == text
    with zipfile.ZipFile(target) as archive:
        assert archive.getinfo("load.log").compress_type == packing
        assert archive.getinfo("MANIFEST.sha256").compress_type == zipfile.ZIP_DEFLATED


@pytest.mark.parametrize(
    ("name", "file"),
    [("The Till & Co.", "the_till_co_evidence.zip"), ("!", "project_evidence.zip")],
)
def test_bundle_is_called_as_the_project(project: Any, name: str, file: str) -> None:
    project.name = name
    target, size = bundle.pack(project)
    assert (target, size) == (project.store / file, target.stat().st_size)


def test_bundle_that_could_not_be_written_leaves_nothing(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(build: Path, spare: Path, moment: object) -> None:
        spare.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(bundle, "_write", full)
    with pytest.raises(OSError, match="no space"):
        bundle.pack(project)
    assert [path.name for path in project.store.iterdir()] == ["build"]


@pytest.mark.parametrize(
    ("out", "why"),
    [
        ("gone/x.zip", "No such file or directory"),
        ("build", "Is a directory"),
        ("/", "PosixPath('/') has an empty name"),
        ("x" * 300, "File name too long"),
        ("x\0.zip", "embedded null byte"),
    ],
)
def test_place_where_no_bundle_can_be_is_told(project: Any, out: str, why: str) -> None:
    with pytest.raises(CannotRun) as refused:
        bundle.pack(project, project.store / out)
    assert str(refused.value) == (
        f"{project.store / out}: cannot be written ({why}); name a file in a folder that you may "
        "write to"
    )
    assert [path.name for path in project.store.iterdir()] == ["build"]


def test_bundle_lies_where_it_was_wanted_and_says_its_size(project: Any, tmp_path: Path) -> None:
    assert bundle.pack(project, tmp_path / "mine.zip") == (
        tmp_path / "mine.zip",
        (tmp_path / "mine.zip").stat().st_size,
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build", "mine.zip"]


def test_nothing_is_packed_where_nothing_was_sealed(project: Any) -> None:
    (project.build / "MANIFEST.sha256").unlink()
    with pytest.raises(CannotRun) as refused:
        bundle.pack(project)
    assert str(refused.value) == (
        "build: no sealed build there; build first: python build_evidence.py"
    )
    assert [path.name for path in project.store.iterdir()] == ["build"]
