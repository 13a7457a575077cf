"""What still runs of something that was started from folders of its own, whatever it let go of:
processes that work in one of the folders, name it on their command line or in their environment,
and all that such processes started.

A session, a group and a pipe can be left on purpose, and an environment can be dropped; hence all
of these are looked at. A process whose environment and working folder this user may not read is
known by its command line or by who started it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_POLL_S, _GRACE_S = 0.1, 10.0
_SHOWN = 80


@dataclass(frozen=True)
class _Process:
    """`tells` is all that a place's name may stand in."""

    parent: int
    command: str
    tells: bytes


def running(places: Sequence[Path]) -> dict[int, str]:
    """The commands of living processes that belong to these folders, by id."""
    seen = dict(_processes())
    names = [os.fsencode(place) for place in places]
    return {
        number: process.command
        for number, process in sorted(seen.items())
        if _belongs(process, names, seen)
    }


def left_after(seconds: float, places: Sequence[Path]) -> dict[int, str]:
    """What has still not ended by then; returns as soon as nothing runs."""
    until = time.monotonic() + seconds
    while (found := running(places)) and time.monotonic() < until:
        time.sleep(_POLL_S)
    return found


def end(places: Sequence[Path]) -> None:
    """Tells all of them to end, and ends whoever has not done so in time."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in running(places):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, number)
        left_after(_GRACE_S, places)


def _belongs(
    process: _Process | None, names: Sequence[bytes], seen: Mapping[int, _Process]
) -> bool:
    """True of a process that names a place, and of whatever such a one started."""
    return process is not None and (
        any(name in process.tells for name in names)
        or _belongs(seen.get(process.parent), names, seen)
    )


def _processes() -> Iterator[tuple[int, _Process]]:
    """All that live, but for this one."""
    for folder in _PROC.iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            # It may end while it is looked at.
            with contextlib.suppress(OSError):
                if process := _look_at(folder):
                    yield int(folder.name), process


def _look_at(folder: Path) -> _Process | None:
    head, _, fields = (folder / "stat").read_text("utf-8", "replace").rpartition(")")
    state, parent = fields.split()[:2]
    if state in "ZX":
        return None
    words = (folder / "cmdline").read_bytes()
    tells = [words]
    with contextlib.suppress(OSError):
        tells.append((folder / "environ").read_bytes())
    with contextlib.suppress(OSError):
        tells.append(os.fsencode((folder / "cwd").readlink()))
    return _Process(int(parent), _command(words) or head.partition("(")[2], b"\0".join(tells))


def _command(words: bytes) -> str:
    """The program's name and the beginning of what it was told; nothing for one of the kernel's."""
    program, _, rest = words.rstrip(b"\0").decode("utf-8", "replace").partition("\0")
    return " ".join([Path(program).name, *rest.split("\0")]).strip()[:_SHOWN]
