"""Restore a backup into another database and look whether it is what it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from psycopg.conninfo import conninfo_to_dict

from backups.contents import differences, totals
from backups.dump import Backup
from backups.programs import NoBackup, call

# What a restored shop has to pass besides holding the same: it is asked as any other shop is.
ASKED = (("verify_audit_chain",), ("run_checks", "--fail-on-issues"))


@dataclass(frozen=True)
class Drill:
    """How a drill went: `note` is for the record, `wrong` a sentence for all that is not right."""

    note: str
    wrong: tuple[str, ...]


def restore(backup: Backup, url: str) -> None:
    """The dump into the empty database at `url`, whole or not at all. Raises NoBackup."""
    name = str(conninfo_to_dict(url)["dbname"])
    options = ("--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={name}")
    call("pg_restore", *options, str(backup.file), database=url)


def examine(backup: Backup, url: str, *, say: Callable[[str], None]) -> Drill:
    """Compare the restored database at `url` with what was backed up, then ask the shop there."""
    held = json.loads(_asked(url, "contents").stdout)
    wrong = differences(backup.held, held)
    found = totals(held)
    say(f"compared  {found}: {'the same' if not wrong else f'{len(wrong)} differences'}")
    for command in ASKED:
        ended = _asked(url, *command)
        words = ended.stdout.strip().splitlines() or ended.stderr.strip().splitlines() or [""]
        say(f"asked     manage.py {' '.join(command)}: exit code {ended.returncode}")
        if ended.returncode != 0:
            wrong.append(f"{command[0]} on the restored database: {words[-1]}")
    return Drill(f"{found}; audit chain and checks passed" if not wrong else wrong[0], tuple(wrong))


def _asked(url: str, *command: str) -> subprocess.CompletedProcess[str]:
    """A command of this shop on the restored database. Raises NoBackup when it cannot look."""
    ended = subprocess.run(
        [sys.executable, str(settings.APP_DIR / "manage.py"), *command],
        env={**os.environ, "DATABASE_URL": url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if command == ("contents",) and ended.returncode != 0:
        last = (ended.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise NoBackup(f"contents: the restored database cannot be read: {last}")
    return ended
