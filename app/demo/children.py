"""Processes that the demo starts, watches and surely ends.

Note [Leash]
    Each child leads a session of its own, so that Ctrl-C reaches only the demo, which then stops
    them in order. Should the demo itself be killed, the kernel sends every child TERM (Linux
    `PR_SET_PDEATHSIG`). So nothing is left running however the demo ends.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

STOP_TIMEOUT_S = 8.0
POLL_S = 0.05
_SET_PARENT_DEATH_SIGNAL = 1


class ChildEnded(Exception):
    """A child ended that should have gone on; the text says which, how, and its last words."""


@dataclass(frozen=True)
class Child:
    """A running process and the file that its output goes to."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def ended(self) -> str:
        """How it ended, with the end of its log; call it only when it has."""
        code = self.process.returncode
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        words = self.log.read_text("utf-8", errors="replace").strip().splitlines()[-5:]
        said = "".join(f"\n    {line}" for line in words)
        return f"{self.name}: ended by itself ({how}); its log is {self.log}{said}"


class Children:
    """The processes of one demo. Leaving the `with` block stops them all, newest first."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._started: list[Child] = []
        logs.mkdir(parents=True, exist_ok=True)

    def start(
        self,
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        keep_open: Sequence[int] = (),
    ) -> Child:
        """Start one. Both of its streams go to `<name>.log`; `keep_open` are descriptors that it
        inherits."""
        log = self._logs / f"{name}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                list(argv),
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                pass_fds=tuple(keep_open),
                start_new_session=True,
                preexec_fn=_leash(os.getpid()),
            )
        child = Child(name, process, log)
        self._started.append(child)
        return child

    def finish(self, child: Child) -> None:
        """Wait until a child that has an end is done, and all others run meanwhile. Raises
        ChildEnded unless its code is 0."""
        while child.process.poll() is None:
            time.sleep(POLL_S)
            self.check()
        if child.process.returncode != 0:
            raise ChildEnded(child.ended())
        self._started.remove(child)

    def check(self) -> None:
        """Nothing while all run; ChildEnded when one does not."""
        for child in self._started:
            # `finish` looks after the one that ended as it should.
            if child.process.poll() not in (None, 0):
                raise ChildEnded(child.ended())

    def stop(self) -> list[str]:
        """End all, newest first; the names of those that had to be killed."""
        killed = []
        for child in reversed(self._started):
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for child in reversed(self._started):
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                killed.append(child.name)
            # What is left of its group goes too, whether or not its leader ended well.
            _signal(child, signal.SIGKILL)
            child.process.wait()
        self._started.clear()
        return killed

    def __enter__(self) -> Children:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _signal(child: Child, number: signal.Signals) -> None:
    try:
        os.killpg(child.process.pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _leash(parent: int) -> Callable[[], None] | None:
    """See Note [Leash]. Elsewhere than on Linux a killed demo leaves its children to the user."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)

    def tie() -> None:
        library.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return tie
