"""The process that starts the private server and stops it after its last holder.

Run as a module by `lease`; it has no options. See Note [Leases] in the package.
"""

from __future__ import annotations

import ctypes
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
from urllib.parse import quote

import psycopg

from local_postgres.binaries import Binaries, CannotStart, find
from local_postgres.home import LOCKS, Owner, data_folder, owner, socket_folder, usable
from local_postgres.lease import FAILURE, SERVER

USER = "purelaka"
DATABASE = "purelaka"
POLL_S = 0.1
READY_TIMEOUT_S = 45.0
STOP_TIMEOUT_S = 15.0

# Nothing in a private cluster is worth waiting for a disk: it holds test and demo data only.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


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
    _initialise(programs, data, runs_as)
    sockets = _sockets(runs_as)
    server = _start(programs, data, sockets, runs_as)
    try:
        _create_database(sockets, server)
        _announce(sockets, programs)
        _wait_for_last_holder(server)
    finally:
        SERVER.unlink(missing_ok=True)
        _stop(server)
        shutil.rmtree(sockets, ignore_errors=True)
    return 0


def _initialise(programs: Binaries, data: Path, runs_as: Owner) -> None:
    if data.exists():
        return
    staged = data.with_suffix(".new")
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(mode=0o700)
    runs_as.give(staged)
    done = subprocess.run(
        [
            *[str(programs.folder / "initdb"), "--pgdata", str(staged), "--username", USER],
            *["--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"],
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=runs_as.uid,
        group=runs_as.gid,
        extra_groups=runs_as.groups,
    )
    if done.returncode != 0:
        raise CannotStart(f"PostgreSQL: initdb failed: {done.stderr.strip() or done.stdout}")
    staged.rename(data)


def _sockets(runs_as: Owner) -> Path:
    """A fresh socket folder; the one of a supervisor that was killed is removed."""
    note = LOCKS / "sockets"
    if note.exists():
        shutil.rmtree(note.read_text("utf-8"), ignore_errors=True)
    folder = socket_folder(runs_as)
    note.write_text(str(folder), encoding="utf-8")
    return folder


def _start(
    programs: Binaries, data: Path, sockets: Path, runs_as: Owner
) -> subprocess.Popen[bytes]:
    settings = SETTINGS | {"unix_socket_directories": str(sockets)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return subprocess.Popen(
        [str(programs.folder / "postgres"), "-D", str(data), *options],
        cwd="/",
        stdin=subprocess.DEVNULL,
        preexec_fn=_die_with_parent,
        user=runs_as.uid,
        group=runs_as.gid,
        extra_groups=runs_as.groups,
    )


def _create_database(sockets: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while True:
        try:
            with psycopg.connect(
                host=str(sockets), user=USER, dbname="postgres", autocommit=True
            ) as connection:
                known = connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
                ).fetchone()
                if known is None:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
                return
        except psycopg.OperationalError as error:
            if server.poll() is not None:
                raise CannotStart(
                    f"PostgreSQL: the private server ended with code {server.returncode}; "
                    f"its log is {LOCKS / 'supervisor.log'}; `make clean` starts it afresh."
                ) from error
            if time.monotonic() > deadline:
                raise CannotStart(f"PostgreSQL: no answer: {error}") from error
            time.sleep(0.02)


def _announce(sockets: Path, programs: Binaries) -> None:
    url = f"postgresql://{USER}@/{DATABASE}?host={quote(str(sockets))}"
    state = {"url": url, "version": programs.version, "source": programs.source}
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
                _stop(server)
                return


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Fast shutdown: open transactions are rolled back; immediate if that takes too long."""
    if server.poll() is not None:
        return
    server.send_signal(signal.SIGINT)
    try:
        server.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait(STOP_TIMEOUT_S)


def _die_with_parent() -> None:
    """Ask Linux to stop the server should this process be killed; elsewhere do nothing."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGINT)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
