"""Restore a backup into another database and look whether it is what it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from backups.contents import differences, totals
from backups.dump import Backup
from backups.programs import NoBackup

# Checks that no drill could pass, and why.
LEFT_OUT = {
    "restore-drill-overdue": "this drill is what it asks for",
    "runs-as-owner": "the server of a drill has no role but its owner",
}


@dataclass(frozen=True)
class Drill:
    """How a drill went: `note` is for the record, `wrong` a sentence for all that is not right."""

    note: str
    wrong: tuple[str, ...]


def examine(backup: Backup, url: str, *, say: Callable[[str], None]) -> Drill:
    """Compare the restored database at `url` with what was backed up, then ask the shop there."""
    held = json.loads(_asked(url, "contents").stdout)
    wrong = differences(backup.held, held)
    found = totals(held)
    say(f"compared  {found}: {'the same' if not wrong else f'{len(wrong)} differences'}")
    for name, why in LEFT_OUT.items():
        say(f"left out  {name}: {why}")
    for command in questions(backup):
        ended = _asked(url, *command)
        words = ended.stdout.strip().splitlines() or ended.stderr.strip().splitlines() or [""]
        say(f"asked     manage.py {' '.join(command)}: exit code {ended.returncode}")
        if ended.returncode != 0:
            wrong.append(f"{command[0]} on the restored database: {words[-1]}")
            for line in words[:-1]:
                if not line.startswith("ok "):
                    say(f"          {line}")
    return Drill(f"{found}; audit chain and checks passed" if not wrong else wrong[0], tuple(wrong))


def questions(backup: Backup) -> tuple[tuple[str, ...], ...]:
    """What a restored shop is asked besides whether it holds the same: what any shop is, but for
    the checks left out. It stands still, so it is judged by the time of its backup, and an issue
    that it had by then is no fault of the backup."""
    moment = backup.taken_at.isoformat()
    left_out = [word for name in LEFT_OUT for word in ("--except", name)]
    checks = ("run_checks", "--fail-on-issues", "--as-of", moment, "--since", moment, *left_out)
    return (("verify_audit_chain",), checks)


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
