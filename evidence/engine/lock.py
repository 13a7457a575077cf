"""One build of a project at a time: a second one waits, and says for whom."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from evidence.engine.mistakes import CannotRun
from evidence.engine.outputs import make_output_folder

_NAME = "lock"


@contextmanager
def alone(work: Path, *, wait: bool, tell: Callable[[str], None]) -> Iterator[None]:
    """Hold the project's lock for as long as the block runs.

    When another process holds it, `tell` hears one sentence that names its process id, and this
    one waits; with `wait` off, CannotRun is raised instead. The lock ends with its process,
    however that ends, so a killed build never blocks the next one. CannotRun is raised too when
    `work` cannot be written.
    """
    with _open(work) as lock:
        if not _take(lock.fileno(), now=True):
            holder = _holder(work / _NAME)
            if not wait:
                raise CannotRun(
                    f"{holder} is already building this project; wait for it to end, then build "
                    "again."
                )
            tell(f"Waiting for {holder}, which is building this project.")
            _take(lock.fileno(), now=False)
        lock.seek(0)
        lock.truncate()
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _open(work: Path) -> TextIO:
    make_output_folder(work, key="work")
    try:
        return (work / _NAME).open("a+", encoding="ascii")
    except OSError as error:
        raise CannotRun(
            f"{work}: cannot be written ({error.strerror}); make it writable, or set "
            "[tool.evidence] work to another folder."
        ) from error


def _take(descriptor: int, *, now: bool) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (fcntl.LOCK_NB if now else 0))
    except BlockingIOError:
        return False
    return True


def _holder(lock: Path) -> str:
    """The other build by its process id; it may not have written it yet."""
    pid = lock.read_text(encoding="ascii", errors="replace").strip()
    return f"process {pid}" if pid.isdigit() else "another process"
