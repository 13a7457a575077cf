"""Which files of a folder anybody opened: a fork, a process that it started, or whoever else.

Linux tells it by inotify, in the order in which it happened, so that whatever was opened before a
fork said that it is done has been told by then. On other systems nobody knows.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path, PurePosixPath

GIT = ".git"  # Stands for everything that git knows, which is every file as it was at any time.
_OPEN, _OVERFLOW, _IGNORED, _IS_FOLDER = 0x20, 0x4000, 0x8000, 0x40000000
_EVENT = struct.Struct("iIII")  # The watch, the mask, a cookie, and how long the name is.
_READ = 1 << 16


class Opened:
    """Watches these files, given by their paths below the root. `git` is the folder in which git
    keeps what it knows of them."""

    def __init__(self, root: Path, paths: Iterable[str], git: Path) -> None:
        self._paths = frozenset(paths)
        self._folders: dict[int, str] = {}
        self._found: set[str] = set()
        self._descriptor = _inotify()
        self._is_known = self._descriptor is not None
        folders = {PurePosixPath(path).parent.as_posix() for path in self._paths}
        for folder in sorted(folders):
            self._watch(root / folder, "" if folder == "." else f"{folder}/")
        self._watch(git, GIT)

    def forget(self) -> None:
        """What was opened until now is not told."""
        self._listen()
        self._found.clear()

    def told(self) -> frozenset[str] | None:
        """The files that were opened since; None where nobody knows."""
        self._listen()
        return frozenset(self._found) if self._is_known else None

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor, self._is_known = None, False

    def _watch(self, folder: Path, prefix: str) -> None:
        if self._descriptor is None or not folder.is_dir():
            return
        watch = _libc().inotify_add_watch(self._descriptor, os.fsencode(folder), _OPEN)
        self._is_known &= watch >= 0
        self._folders[watch] = prefix

    def _listen(self) -> None:
        while self._descriptor is not None:
            try:
                data = os.read(self._descriptor, _READ)
            except BlockingIOError:
                return
            at = 0
            while at < len(data):
                watch, mask, _, length = _EVENT.unpack_from(data, at)
                at += _EVENT.size
                self._note(watch, mask, os.fsdecode(data[at : at + length].rstrip(b"\0")))
                at += length

    def _note(self, watch: int, mask: int, name: str) -> None:
        if mask & (_OVERFLOW | _IGNORED):
            # Some were not told, or a folder went, and may have come back without a watch.
            self._is_known = False
        elif not mask & _IS_FOLDER:
            prefix = self._folders[watch]
            path = GIT if prefix == GIT else prefix + name
            if path == GIT or path in self._paths:
                self._found.add(path)


def _inotify() -> int | None:
    if not sys.platform.startswith("linux"):
        return None
    found: int = _libc().inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    return found if found >= 0 else None


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)
