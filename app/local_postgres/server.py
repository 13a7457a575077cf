"""One PostgreSQL server process of ours: its cluster, its start, its end."""

from __future__ import annotations

import ctypes
import shutil
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from urllib.parse import quote

import psycopg

from local_postgres.binaries import Binaries, CannotStart
from local_postgres.home import Owner

USER = "purelaka"
DATABASE = "purelaka"
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


def initialise(programs: Binaries, data: Path, runs_as: Owner) -> None:
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


def start(
    programs: Binaries, data: Path, sockets: Path, runs_as: Owner, *, log: Path | None = None
) -> subprocess.Popen[bytes]:
    """The server process. It writes to `log`, or where the caller writes."""
    settings = SETTINGS | {"unix_socket_directories": str(sockets)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with log.open("ab") if log else nullcontext() as output:
        return subprocess.Popen(
            [str(programs.folder / "postgres"), "-D", str(data), *options],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=_die_with_parent,
            user=runs_as.uid,
            group=runs_as.gid,
            extra_groups=runs_as.groups,
        )


def create_database(sockets: Path, server: subprocess.Popen[bytes]) -> None:
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
                    "its log is .local/postgres/supervisor.log; `make clean` starts it afresh."
                ) from error
            if time.monotonic() > deadline:
                raise CannotStart(f"PostgreSQL: no answer: {error}") from error
            time.sleep(0.02)


def stop(server: subprocess.Popen[bytes]) -> None:
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


def address(sockets: Path) -> str:
    """The URL of the server's database, reached through its socket folder."""
    return f"postgresql://{USER}@/{DATABASE}?host={quote(str(sockets))}"
