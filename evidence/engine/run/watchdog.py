"""Ends what a run started when the run itself is killed without a chance to tidy up.

A process of its own waits at a pipe whose other end only the run holds. When that closes, whoever
still carries one of the run's planted secrets, and whoever shares a process group with such a one,
is killed. Where there is no /proc it finds nobody.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PROC = Path("/proc")
_ROUNDS = 3  # Somebody may have been born while the others were being killed.
_TIDY_S = 2.0  # For services, which end by themselves once their own pipe is closed.
_REAP_S = 5.0


class Watchdog:
    """Told of each planted secret before a process gets it. Safe to tell from several threads."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._lock = threading.Lock()

    def watch(self, cookie: str) -> None:
        """From now on, processes with `cookie` in their environment do not outlive this one."""
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        with self._lock, contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(cookie.encode() + b"\n")
            self._process.stdin.flush()


@contextmanager
def watchdog() -> Iterator[Watchdog]:
    """A watchdog for as long as the block runs."""
    # In a session of its own, so that a signal to the run's group leaves it alive.
    with subprocess.Popen(
        [sys.executable, "-I", "-S", __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={},
        cwd="/",
    ) as process:
        try:
            yield Watchdog(process)
        finally:
            process.kill()
            process.wait(_REAP_S)


def end_carriers(cookies: list[bytes]) -> None:
    """Kill every process that carries one of the cookies, and its process group."""
    for _ in range(_ROUNDS):
        carriers = list(_carriers(cookies))
        for process in carriers:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                group = os.getpgid(process)
                os.kill(process, signal.SIGKILL)
                os.killpg(group, signal.SIGKILL)


def _carriers(cookies: list[bytes]) -> Iterator[int]:
    for folder in _PROC.iterdir() if cookies and _PROC.is_dir() else ():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with contextlib.suppress(OSError):
                environment = (folder / "environ").read_bytes()
                if any(cookie in environment for cookie in cookies):
                    yield int(folder.name)


if __name__ == "__main__":
    told = sys.stdin.buffer.read().split()
    time.sleep(_TIDY_S)
    end_carriers(told)
