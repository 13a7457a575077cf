"""Holding the private server: see Note [Leases] in the package."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from local_postgres.binaries import CannotStart
from local_postgres.home import LOCKS

START_TIMEOUT_S = 60.0
SERVER = LOCKS / "server.json"
FAILURE = LOCKS / "failure.txt"
# The supervisor serves whoever comes, so it keeps nothing of whoever happened to start it.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "PURELAKA_POSTGRES")
SUPERVISOR_LOG = LOCKS / "supervisor.log"


def hold() -> str:
    """The URL of a running server, held until this process ends.

    A DATABASE_URL that is already set wins and nothing is started. Otherwise it is set, so that
    child processes use the same server. Raises CannotStart with the next step.
    """
    named = os.environ.get("DATABASE_URL", "")
    if named:
        return named
    LOCKS.mkdir(parents=True, exist_ok=True)
    # Never closed on purpose: the kernel drops the lock when the process ends, however it ends.
    lease = os.open(LOCKS / "lease", os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(lease, fcntl.LOCK_SH)
    os.environ["DATABASE_URL"] = url = _running_url()
    return url


def _running_url() -> str:
    """The URL of the running server; starts a supervisor when there is none."""
    with (LOCKS / "start").open("w") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        if not _supervised():
            _start_supervisor()
        state: dict[str, str] = json.loads(SERVER.read_text("utf-8"))
        return state["url"]


def _supervised() -> bool:
    """True while a supervisor holds its own lock and has announced a server."""
    with (LOCKS / "supervisor").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return SERVER.exists()
        SERVER.unlink(missing_ok=True)
        return False


def _start_supervisor() -> None:
    FAILURE.unlink(missing_ok=True)
    app = Path(__file__).resolve().parent.parent
    with SUPERVISOR_LOG.open("ab") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", "local_postgres.supervisor"],
            cwd=app,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={name: os.environ[name] for name in KEPT if name in os.environ},
        )
    deadline = time.monotonic() + START_TIMEOUT_S
    while not SERVER.exists():
        if started.poll() is not None:
            raise CannotStart(_failure())
        if time.monotonic() > deadline:
            raise CannotStart(f"PostgreSQL: not ready after {START_TIMEOUT_S:.0f} s. {_failure()}")
        time.sleep(0.02)
    # It outlives this process on purpose and is nobody's to wait for.
    started.returncode = 0


def _failure() -> str:
    if FAILURE.exists():
        return FAILURE.read_text("utf-8").strip()
    return f"PostgreSQL: the private server did not start; see {SUPERVISOR_LOG}."
