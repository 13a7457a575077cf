"""One child a mutant: started from a process in which everything is ready, ended for certain."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import stat
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

_LINE = 1 << 16
_MINE = Path("/proc/self/fd")


@dataclass
class Told:
    """What a child said before it ended: last of all that it is done, if it did not end before."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    late: bool = False
    died: str = ""

    @property
    def is_done(self) -> bool:
        return bool(self.lines) and "done" in self.lines[-1]


def in_child(
    work: Callable[[Callable[[dict[str, Any]], None]], None], deadlines: Sequence[float]
) -> Told:
    """Run `work` in a fork; it is given a function that tells the parent something.

    `deadlines` are the seconds that may pass before each further thing is told; the last holds
    for all that follow.
    """
    reading, writing = os.pipe()
    child = _forked(lambda: _be_the_child(work, reading, writing))
    os.close(writing)
    try:
        return _listen(reading, child, deadlines)
    finally:
        os.close(reading)


def open_connections(but: int) -> list[str]:
    """Where this process is connected to, other than by the socket `but`."""
    found = []
    for entry in _MINE.iterdir() if _MINE.is_dir() else ():
        with contextlib.suppress(OSError):
            number = int(entry.name)
            if number != but and stat.S_ISSOCK(os.fstat(number).st_mode):
                with socket.socket(fileno=os.dup(number)) as copy:
                    found.append(_place(copy.getpeername()))
    return found


def _place(peer: object) -> str:
    return f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else f"a local socket {peer!r}"


def _forked(do: Callable[[], NoReturn]) -> int:
    """The child's id. The child itself does what it is given and never returns."""
    child = os.fork()
    if not child:
        do()
    return child


def _be_the_child(
    work: Callable[[Callable[[dict[str, Any]], None]], None], reading: int, writing: int
) -> NoReturn:
    code = 1
    try:
        os.close(reading)
        os.setsid()
        work(lambda told: _write(writing, told))
        _write(writing, {"done": True})
        code = 0
    except BaseException as error:
        with contextlib.suppress(OSError):
            _write(writing, {"broke": f"{type(error).__name__}: {error}"[:500]})
    finally:
        # Nothing of the parent's is ours to tidy up: no fixture, no exit handler, no buffer.
        os._exit(code)


def _write(descriptor: int, told: dict[str, Any]) -> None:
    data = json.dumps(told).encode() + b"\n"
    while data:
        data = data[os.write(descriptor, data) :]


def _listen(reading: int, child: int, deadlines: Sequence[float]) -> Told:
    told, rest = Told(), b""
    poll = select.poll()
    poll.register(reading, select.POLLIN | select.POLLHUP)
    until = time.monotonic() + deadlines[0]
    while not told.is_done and not told.late:
        left = until - time.monotonic()
        told.late = left <= 0 or not poll.poll(left * 1000)
        data = b"" if told.late else os.read(reading, _LINE)
        if not data:
            break
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            told.lines.append(json.loads(line))
            until = time.monotonic() + deadlines[min(len(told.lines), len(deadlines) - 1)]
    _end(child, told)
    return told


def _end(child: int, told: Told) -> None:
    """Kill whoever is left of the child's family, and hear how the child itself ended."""
    if not told.is_done and not told.late:
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if told.is_done or told.late:
        return
    if os.WIFSIGNALED(status):
        told.died = f"it was ended by {signal.Signals(os.WTERMSIG(status)).name}"
    else:
        # With 0 as well: a test that ends its own process has shown nothing.
        told.died = f"it exited with {os.WEXITSTATUS(status)} before its test ended"
    told.died = next((each["broke"] for each in told.lines if "broke" in each), told.died)
