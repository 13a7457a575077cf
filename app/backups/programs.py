"""pg_dump and pg_restore, called with a database's address and heard out."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from core.refusal import Refused
from local_postgres.binaries import CannotStart, find

# Roles belong to a server and are in no dump: a fresh one knows none of those that own things here
# or that app_role gave rights to, and a restore that names one of them ends there.
NO_ROLES = ("--no-owner", "--no-privileges")
# How libpq's variables call what an address says.
_NAMES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


class NoBackup(Refused):
    """A backup could not be made or restored; the sentence says why and what to do."""


def program(name: str) -> str:
    """The path of pg_dump or pg_restore: beside this machine's server, else on PATH, so that it
    is at least as new as the server. Raises NoBackup."""
    try:
        beside = find(os.environ.get("PURELAKA_POSTGRES", "")).folder / name
    except CannotStart:
        beside = Path(name)
    found = str(beside) if beside.is_absolute() and beside.exists() else shutil.which(name)
    if found is None:
        raise NoBackup(f"{name}: not on this machine; install Debian's package postgresql-client.")
    return found


def call(name: str, *options: str, database: str) -> None:
    """Run it to its end on the database of that address. Raises NoBackup with its last error when
    it fails. The password goes through the environment: other users can read an argument."""
    told = conninfo_to_dict(database)
    ended = subprocess.run(
        [program(name), *options],
        env={**os.environ, **{_NAMES[key]: str(told[key]) for key in _NAMES if told.get(key)}},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        errors="replace",
        check=False,
    )
    if ended.returncode != 0:
        said = ended.stderr.strip().splitlines() or ["it said nothing"]
        # pg_restore goes on to quote the command that failed.
        why = [line for line in said if line.startswith(f"{name}: error: ")] or said
        raise NoBackup(f"{name}: failed with code {ended.returncode}: {why[-1]}")
