"""One command as a process group of its own: one pipe out, nothing in, ended for certain."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, cast

from evidence.engine.run.family import family, send

_CHUNK_BYTES = 64 * 1024
_POLL_S = 0.05
_LINGER_S = 0.5  # For relatives that are about to end by themselves.
_HOLD_S = 2.0  # For output that a relative is still writing after the gate ended.
_KILL_S = 2.0  # For the kernel to carry out KILL.


class EndedBy(StrEnum):
    """What ended a process."""

    ITSELF = "itself"
    DEADLINE = "deadline"
    STOP = "stop"


@dataclass(frozen=True)
class Ended:
    """`exit_code` is negative for a signal; `notes` are sentences for the log."""

    exit_code: int
    by: EndedBy
    notes: tuple[str, ...]


class NotStarted(Exception):
    """The command could not be started; the message says why and what to do."""


def run_process(
    *,
    argv: Sequence[str],
    folder: Path,
    env: Mapping[str, str],
    cookie: str,
    timeout_s: float,
    stop: threading.Event,
    sink: Callable[[bytes], None],
    grace_s: float = 5.0,
    errors: IO[bytes] | None = None,
) -> Ended:
    """Runs to the end, the deadline or `stop`; bytes go to `sink` as they come.

    Standard error goes the same way, in order, unless `errors` takes it. Nothing of the process's
    family is left when this returns: its group gets TERM, then KILL after `grace_s`, and so does
    every process whose environment holds `cookie`.
    """
    process = _start(argv, folder, env, errors)
    pipe = cast("IO[bytes]", process.stdout)  # It was asked for.
    pump = _Pump(pipe, sink)
    try:
        by = _until_end(process, pump, time.monotonic() + timeout_s, stop)
        notes = _end(process, pump, cookie, by, grace_s)
    finally:
        send(process.pid, cookie, signal.SIGKILL)
        process.wait()
        pipe.close()
    return Ended(process.returncode, by, notes)


def has_exited(process: subprocess.Popen[bytes]) -> bool:
    """Without reaping it, so that its id, and its group's, cannot become another's."""
    if process.returncode is not None:
        return True
    if hasattr(os, "waitid"):
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, process.pid, flags) is not None
    return process.poll() is not None


class _Pump:
    """Moves bytes from the pipe to the sink, a chunk at a time."""

    def __init__(self, pipe: IO[bytes], sink: Callable[[bytes], None]) -> None:
        self.open = True
        self._descriptor = pipe.fileno()
        self._sink = sink
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN | select.POLLHUP)

    def step(self, wait_s: float = _POLL_S) -> None:
        if not self.open:
            time.sleep(min(wait_s, 0.01))
        elif self._poll.poll(wait_s * 1000):
            data = os.read(self._descriptor, _CHUNK_BYTES)
            self.open = bool(data)
            if data:
                self._sink(data)

    def run_while(self, wanted: Callable[[], bool], at_most_s: float) -> None:
        until = time.monotonic() + at_most_s
        while time.monotonic() < until and wanted():
            self.step()


def _start(
    argv: Sequence[str], folder: Path, env: Mapping[str, str], errors: IO[bytes] | None
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(argv),
            cwd=folder,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors or subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise NotStarted(
            f"{argv[0]}: not found; install it, or list it under `needs` if a machine may lack it"
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise NotStarted(f"{argv[0]}: could not be started ({reason}); correct `run`") from error


def _until_end(
    process: subprocess.Popen[bytes], pump: _Pump, deadline: float, stop: threading.Event
) -> EndedBy:
    while not has_exited(process):
        if stop.is_set():
            return EndedBy.STOP
        if time.monotonic() >= deadline:
            return EndedBy.DEADLINE
        pump.step()
    return EndedBy.ITSELF


def _end(
    process: subprocess.Popen[bytes], pump: _Pump, cookie: str, by: EndedBy, grace_s: float
) -> tuple[str, ...]:
    """Ends whoever is left, reads what is left; sentences about what was unusual."""

    def alive() -> bool:
        return not has_exited(process) or bool(family(process.pid, cookie))

    notes: list[str] = []
    if by is EndedBy.ITSELF:
        pump.run_while(lambda: pump.open, _HOLD_S)
        pump.run_while(lambda: bool(family(process.pid, cookie)), _LINGER_S)
        left = family(process.pid, cookie)
        if left:
            notes.append(f"Still running after the gate had ended, so ended too: {_names(left)}.")
        elif pump.open:
            notes.append("Something held the output open after the gate had ended.")
    if by is not EndedBy.ITSELF or notes:
        send(process.pid, cookie, signal.SIGTERM)
        pump.run_while(alive, grace_s if by is not EndedBy.ITSELF else _LINGER_S)
        if alive():
            notes.append("TERM was not obeyed; KILL was sent.")
        send(process.pid, cookie, signal.SIGKILL)
        pump.run_while(alive, _KILL_S)
        pump.run_while(lambda: pump.open, _LINGER_S)
    return tuple(notes)


def _names(processes: Mapping[int, str]) -> str:
    """Names without ids: ids differ from run to run."""
    return ", ".join(sorted(set(processes.values())))
