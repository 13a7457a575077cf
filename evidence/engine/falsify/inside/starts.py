"""Which tests start processes, or may use one that was started for others: such a process sees a
broken file and not a broken function. What it loads is seen as it opens files, but for one that
begins as a fork, with everything loaded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .callers import runs_in
from .trying import Watcher

_EVENTS = frozenset(
    {"subprocess.Popen", "os.posix_spawn", "os.fork", "os.forkpty", "os.exec", "os.system"}
)
_FORKS = frozenset({"os.fork", "os.forkpty"})
_PROCESSES = Path("/proc")


class Starts:
    """Hears of processes that are started. One that lives on after a set-up may serve all that
    follow: after the session's everybody, after a test's whoever else is of that file.

    `sign` is a value that only this process has in its environment, and whom it starts.

    `has_forked` says that a fork may have run what nobody saw; `in_session` that a process was
    started for all, before anything was set up or by what is set up unasked.
    """

    def __init__(self, watcher: Watcher, sign: str = "") -> None:
        self.has_forked = self.in_session = False
        self._watcher, self._sign = watcher, os.fsencode(sign)
        self._heard = self._in_set_up = self._for_all = self._forks_for_all = False
        self._files: set[str] = set()

    def hear(self, event: str, _: object) -> None:
        """An audit hook."""
        # Python's own `platform` asks what the system is, and reads nothing of a project.
        if event in _EVENTS and not runs_in("platform"):
            self._heard = True
            self.has_forked |= event in _FORKS
            self._in_set_up |= self._watcher.now == "setup"

    @contextmanager
    def apart(self) -> Iterator[Callable[[], bool]]:
        """Gives a function that says before the end whether any was started meanwhile."""
        before, lived = self._heard, has_children()
        self._heard = False
        try:
            # Some start without a word, and are seen as long as they live.
            yield lambda: self._heard or (has_children() and not lived)
        finally:
            self._heard |= before

    def lives_on(self) -> bool:
        """Whether any process lives that was started here, be it by one that has ended."""
        return has_children() or any(map(self._is_ours, _PROCESSES.iterdir()))

    def _is_ours(self, process: Path) -> bool:
        return bool(self._sign) and _parent(process) != 0 and self._sign in _environment(process)

    def began_for_all(self) -> None:
        """What was started until now, was for everybody."""
        self.in_session = self._heard or has_children()

    def forks_begin(self) -> None:
        """Whatever lives now, and was started here, may serve everybody."""
        self._for_all = has_children()
        self._forks_for_all = self._for_all and self.has_forked

    def forget(self) -> None:
        """In a fork, what was heard before it."""
        self._heard = self._in_set_up = False
        self.has_forked = self._forks_for_all
        self._files.clear()

    def has_started(self, test: str) -> bool:
        """Whether it did since this was asked last, or may use what was started before."""
        file = test.partition("::")[0]
        if self._in_set_up and has_children():
            self._files.add(file)
        heard, self._heard, self._in_set_up = self._heard, False, False
        return heard or self._for_all or file in self._files


def has_children() -> bool:
    """Whether a process that this one started lives; taken for granted where nobody can tell."""
    if not _PROCESSES.is_dir():
        return True
    return any(_parent(entry) == os.getpid() for entry in _PROCESSES.iterdir())


def _environment(process: Path) -> bytes:
    """As it began; of this process itself, and of those of other people, nothing."""
    try:
        is_other = process.name.isdigit() and int(process.name) != os.getpid()
        return (process / "environ").read_bytes() if is_other else b""
    except OSError:
        return b""


def _parent(process: Path) -> int:
    """0 for what is no process, or none any more, or one that has ended and was not waited for."""
    try:
        told = (process / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
        return 0 if told[0] == "Z" else int(told[1])
    except (OSError, ValueError, IndexError):
        return 0
