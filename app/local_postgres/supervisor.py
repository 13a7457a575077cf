"""The process that starts the private server and stops it after its last holder.

Run as a module by `lease`; it has no options. See Note [Leases] in the package.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from local_postgres.binaries import Binaries, CannotStart, find
from local_postgres.home import LOCKS, Owner, data_folder, owner, socket_folder, usable
from local_postgres.lease import FAILURE, SERVER
from local_postgres.server import address, create_database, initialise, start, stop

POLL_S = 0.1


def main() -> int:
    """Start, announce, wait for the last holder, stop. Exit code 0 after a clean life."""
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with (LOCKS / "supervisor").open("w") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)
        try:
            return _supervise()
        except (CannotStart, OSError, subprocess.SubprocessError) as error:
            FAILURE.write_text(f"{error}\n", encoding="utf-8")
            return 1


def _supervise() -> int:
    runs_as = owner()
    programs = usable(find(os.environ.get("PURELAKA_POSTGRES", "")), runs_as)
    data = data_folder(programs, runs_as)
    initialise(programs, data, runs_as)
    sockets = _sockets(runs_as)
    server = start(programs, data, sockets, runs_as)
    try:
        create_database(sockets, server)
        _announce(sockets, programs)
        _wait_for_last_holder(server)
    finally:
        SERVER.unlink(missing_ok=True)
        stop(server)
        shutil.rmtree(sockets, ignore_errors=True)
    return 0


def _sockets(runs_as: Owner) -> Path:
    """A fresh socket folder; the one of a supervisor that was killed is removed."""
    note = LOCKS / "sockets"
    if note.exists():
        shutil.rmtree(note.read_text("utf-8"), ignore_errors=True)
    folder = socket_folder(runs_as)
    note.write_text(str(folder), encoding="utf-8")
    return folder


def _announce(sockets: Path, programs: Binaries) -> None:
    state = {"url": address(sockets), "version": programs.version, "source": programs.source}
    staged = SERVER.with_suffix(".new")
    staged.write_text(json.dumps(state), encoding="utf-8")
    staged.replace(SERVER)


def _wait_for_last_holder(server: subprocess.Popen[bytes]) -> None:
    with (LOCKS / "lease").open("w") as lease:
        while server.poll() is None:
            try:
                fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(POLL_S)
            else:
                # Keep the lock until the server is gone, so that a newcomer waits for that.
                SERVER.unlink(missing_ok=True)
                stop(server)
                return


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
