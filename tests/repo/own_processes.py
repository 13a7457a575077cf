"""Which processes a test may end: its own, whatever the gate that it tests takes for its own."""

from __future__ import annotations

import contextlib
import os
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


def _told(folder: Path) -> bytes:
    found = [(folder / "cmdline").read_bytes()]
    with contextlib.suppress(OSError):
        found.append((folder / "environ").read_bytes())
    with contextlib.suppress(OSError):
        found.append(os.fsencode((folder / "cwd").readlink()))
    return b"\0".join(found)
