"""Gate: a seeded shop is backed up and destroyed, and comes back from the backup alone.

The database it was backed up from is dropped before anything is restored, into a server with a
cluster of its own. Exit code 77 where the programs for it are missing.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

NOT_RUN = 77
MISSING = "not on this machine"


def main() -> int:
    """The exit code of the first command that failed, 0 when the shop came back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="where the backup goes")
    dump = parser.parse_args().out / "shop.dump"
    try:
        lived = ["migrate", "--verbosity=0", "::", "seed_demo", "::", "backup", str(dump)]
        if code := _manage("throwaway", "--", *lived):
            return code
        _say("destroyed  the database that was backed up is dropped")
        return _manage("restore_drill", str(dump), "--no-record")
    finally:
        shutil.rmtree(dump.parent, ignore_errors=True)


def _manage(*command: str) -> int:
    ended = subprocess.run(
        [sys.executable, "app/manage.py", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    sys.stdout.write(ended.stdout)
    if ended.returncode and MISSING in ended.stdout:
        _say(f"not run: {ended.stdout.strip().splitlines()[-1]}")
        return NOT_RUN
    return ended.returncode


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
