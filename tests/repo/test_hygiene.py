"""The hygiene gate asks git, and looks into the archive a reviewer gets."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.repo.planted import Gate, Repository


def test_a_clean_repository_gives_a_clean_archive(
    repository: Repository, gate: Gate, tmp_path: Path
) -> None:
    repository.write("app/models.py", "x = 1\n")
    repository.write(".env.example", "SECRET_KEY=\n")
    repository.commit()
    repository.write(".env", "SECRET_KEY=real\n")

    done = gate("hygiene.py", "--out", str(tmp_path))

    assert done.returncode == 0
    assert "ignored  .env\n" in done.stdout
    assert "16 forbidden paths asked, 0 things wrong\n" in done.stdout
    listed = [line.split() for line in done.stdout.splitlines() if line.startswith(" ")]
    assert [name for _, name in listed] == [".env.example", ".gitignore", "app/models.py"]
    assert ["6", "app/models.py"] in listed
    with zipfile.ZipFile(tmp_path / "purelaka_clean_share.zip") as archive:
        names = sorted(name for name in archive.namelist() if not name.endswith("/"))
    assert names == [".env.example", ".gitignore", "app/models.py"]


def test_folders_that_are_links_are_asked_about_themselves(
    repository: Repository, gate: Gate, tmp_path: Path
) -> None:
    """After a build, `build` is a link to the last whole one; `.venv` may be shared by a link."""
    for name in ("build", ".venv"):
        (repository.root / name).symlink_to(tmp_path)

    done = gate("hygiene.py", "--out", str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert "ignored  build/site/index.html\n" in done.stdout
    assert "ignored  .venv/bin/python\n" in done.stdout


@pytest.mark.parametrize(
    "name",
    [
        ".env",
        "db.sqlite3",
        "venv/pyvenv.cfg",
        ".venv/pyvenv.cfg",
        ".idea/workspace.xml",
        ".ruff_cache/CACHEDIR.TAG",
        "app/__pycache__/models.cpython-311.pyc",
    ],
)
def test_a_forced_file_is_found_in_git_and_in_the_archive(
    repository: Repository, gate: Gate, tmp_path: Path, name: str
) -> None:
    repository.write(name, "planted\n")
    repository.commit(force=True)

    done = gate("hygiene.py", "--out", str(tmp_path))

    assert done.returncode == 1
    assert f"WRONG  {name}: tracked by git\n" in done.stdout
    assert f"WRONG  {name}: in the archive\n" in done.stdout


def test_a_path_that_git_would_track_is_found(
    repository: Repository, gate: Gate, tmp_path: Path
) -> None:
    ignore = (repository.root / ".gitignore").read_text("utf-8")
    repository.write(".gitignore", ignore.replace(".idea/\n", ""))
    repository.commit()

    done = gate("hygiene.py", "--out", str(tmp_path))

    assert done.returncode == 1
    assert "NOT IGNORED  .idea/workspace.xml\n" in done.stdout
    assert "WRONG  app/.idea/modules.xml: git would track it\n" in done.stdout


def test_a_secret_in_the_archive_is_found(
    repository: Repository, gate: Gate, tmp_path: Path
) -> None:
    repository.write("settings.py", "KEY = 'sk_" + "live_0123456789abcdef'\n")
    repository.commit()

    done = gate("hygiene.py", "--out", str(tmp_path))

    assert done.returncode == 1
    assert "WRONG  settings.py: holds what looks like a secret\n" in done.stdout
