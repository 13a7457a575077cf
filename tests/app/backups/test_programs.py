"""backups.programs: which program is called, what it is told and how, and what it says at last."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from backups import programs
from backups.programs import NoBackup, call, program
from local_postgres.binaries import CannotStart

ADDRESS = "host=db port=5433 user=shop password=of-the-shop dbname=shop"


def script(folder: Path, name: str, *lines: str) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text("\n".join(("#!/bin/sh", *lines)), encoding="utf-8")
    file.chmod(0o755)
    return file


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this machine's server; the only one on PATH is another."""
    folder = tmp_path / "server"
    folder.mkdir()
    monkeypatch.setenv("PURELAKA_POSTGRES", "asked for")
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    found = {"asked for": SimpleNamespace(folder=folder)}
    monkeypatch.setattr(programs, "find", found.__getitem__)
    return folder


def test_program_beside_the_server_comes_before_the_one_on_path(
    beside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = script(tmp_path / "path", "pg_dump")
    assert program("pg_dump") == str(on_path)

    mine = script(beside, "pg_dump")
    assert program("pg_dump") == str(mine)

    def no_server(asked: str) -> None:
        raise CannotStart("no PostgreSQL here")

    monkeypatch.setattr(programs, "find", no_server)
    monkeypatch.chdir(beside)
    assert program("pg_dump") == str(on_path)


def test_machine_without_the_program_is_told_what_to_install(beside: Path) -> None:
    with pytest.raises(NoBackup, match=r"^pg_dump: not on this machine; install Debian's package"):
        program("pg_dump")


def test_address_goes_through_the_environment_and_the_options_as_they_are(
    beside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGSSLMODE", raising=False)
    told = tmp_path / "told"
    script(beside, "pg_dump", f'echo "$*" "$PGHOST" "$PGPORT" "$PGUSER" "$PGPASSWORD" > {told}')
    call("pg_dump", "--format=custom", f"--file={told}", database=ADDRESS)
    assert told.read_text("utf-8") == f"--format=custom --file={told} db 5433 shop of-the-shop\n"


@pytest.mark.parametrize(
    ("said", "last"),
    [
        ("echo first >&2; echo last >&2; echo", "last"),
        ("true", "it said nothing"),
        (
            "echo pg_dump: error: first >&2; echo pg_dump: error: no role >&2; echo GRANT x >&2",
            "pg_dump: error: no role",
        ),
    ],
)
def test_program_that_fails_is_told_by_its_last_line(beside: Path, said: str, last: str) -> None:
    script(beside, "pg_dump", said, "exit 3")
    with pytest.raises(NoBackup) as failed:
        call("pg_dump", database=ADDRESS)
    assert str(failed.value) == f"pg_dump: failed with code 3: {last}"
