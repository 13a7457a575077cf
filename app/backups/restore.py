"""Bringing a backup back, whole or not at all."""

from __future__ import annotations

from psycopg.conninfo import conninfo_to_dict

from backups.contents import contents, differences
from backups.dump import Backup, address
from backups.programs import NO_ROLES, NoBackup, call


def restore(backup: Backup, url: str) -> None:
    """The dump into the empty database at `url`. Raises NoBackup."""
    name = str(conninfo_to_dict(url)["dbname"])
    options = (*NO_ROLES, "--exit-on-error", "--single-transaction", f"--dbname={name}")
    call("pg_restore", *options, str(backup.file), database=url)


def restore_here(backup: Backup) -> list[str]:
    """The dump into the database in use, which must be empty: a sentence for everything that came
    back other than it was backed up. Raises NoBackup."""
    if there := contents()["tables"]:
        raise NoBackup(
            f"{len(there)} tables are there already, expected an empty database; a restore "
            "overwrites nothing: make a new one and name it in DATABASE_URL"
        )
    restore(backup, address())
    return differences(backup.held, contents())
