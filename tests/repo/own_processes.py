"""Which processes a test may end: its own, whatever the gate that it tests takes for its own."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path


def of_this_test(place: Path) -> Iterator[int]:
    """Those that name the test's folder, and all that it or such a one started."""
    parents: dict[int, int] = {}
    known = {os.getpid()}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with contextlib.suppress(OSError):
                stat = (folder / "stat").read_text("utf-8", "replace")
                parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
                if os.fsencode(place) in _told(folder):
                    known.add(int(folder.name))
    while more := {number for number, parent in parents.items() if parent in known} - known:
        known |= more
    yield from known - {os.getpid()}


def ends(number: int, within_s: float) -> bool:
    """True as soon as it runs no more. Whoever is being killed lets go of its words, its
    environment and its parent before that, so that nobody can tell any longer whose it is."""
    until = time.monotonic() + within_s
    while _runs(number):
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def _runs(number: int) -> bool:
    try:
        stat = Path(f"/proc/{number}/stat").read_text("utf-8", "replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def _told(folder: Path) -> bytes:
    found = [(folder / "cmdline").read_bytes()]
    with contextlib.suppress(OSError):
        found.append((folder / "environ").read_bytes())
    with contextlib.suppress(OSError):
        found.append(os.fsencode((folder / "cwd").readlink()))
    return b"\0".join(found)
