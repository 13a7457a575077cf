"""Which files of a folder anybody opened: a fork, a process that it started, or whoever else.

Linux tells it by inotify, in the order in which it happened, so that whatever was opened before a
fork said that it is done has been told by then. On other systems nobody knows. What is asked of a
file without opening it, such as how large it is, nobody tells.
"""

from __future__ import annotations

import ctypes
import os
import re
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path, PurePosixPath

GIT = ".git"  # Stands for everything that git knows, which is every file as it was at any time.
_OPEN, _CREATE, _MOVED = 0x20, 0x100, 0x800
_OVERFLOW, _IGNORED, _IS_FOLDER = 0x4000, 0x8000, 0x40000000
_EVENT = struct.Struct("iIII")  # The watch, the mask, a cookie, and how long the name is.
_READ = 1 << 16
# Where Python keeps what it compiled, for whoever loads the file next.
_COMPILED = "__pycache__"
# With a sign of its own where pytest put its words into the asserts.
_OF_PYTHON = re.compile(r"\.[^.]+?(-pytest-.+)?(\.opt-[^.]+)?\.pyc$")
# Where that is, if not beside the files: then nobody sees them loaded.
ELSEWHERE = "PYTHONPYCACHEPREFIX"


class Opened:
    """Watches these files, given by their paths below the root, and `git`, the folder in which git
    keeps what it knows of them."""

    def __init__(self, root: Path, paths: Iterable[str], git: Path | None = None) -> None:
        self._root, self._paths = root, frozenset(paths)
        self._folders: dict[int, str] = {}
        self._found: set[str] = set()
        self._descriptor = _inotify()
        self._is_known = self._descriptor is not None
        folders = {PurePosixPath(path).parent.as_posix() for path in self._paths}
        for folder in sorted(folders):
            self._watch("" if folder == "." else f"{folder}/")
            self._watch(f"{_COMPILED}/" if folder == "." else f"{folder}/{_COMPILED}/")
        if git is not None:
            self._watch_folder(git, GIT)

    def forget(self) -> None:
        """What was opened until now is not told."""
        self.listen()
        self._found.clear()

    def told(self) -> frozenset[str] | None:
        """The files that were opened since; None where nobody knows."""
        self.listen()
        return frozenset(self._found) if self._is_known else None

    @contextmanager
    def apart(self) -> Iterator[Callable[[], frozenset[str] | None]]:
        """Gives a function that says before the end what was opened meanwhile, which is told
        nowhere else."""
        self.listen()
        before, self._found = self._found, set()
        try:
            yield self.told
        finally:
            self.listen()
            self._found = before

    def listen(self) -> None:
        """Take down what Linux has to tell, which keeps only so much for whoever does not."""
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

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor, self._is_known = None, False

    def _watch(self, prefix: str) -> None:
        if (self._root / prefix).is_dir():
            self._watch_folder(self._root / prefix, prefix)

    def _watch_folder(self, folder: Path, prefix: str) -> None:
        if self._descriptor is None:
            return
        asked = os.fsencode(folder)
        watch = _libc().inotify_add_watch(self._descriptor, asked, _OPEN | _CREATE | _MOVED)
        self._is_known &= watch != -1
        self._folders[watch] = prefix

    def _note(self, watch: int, mask: int, name: str) -> None:
        if mask & (_OVERFLOW | _MOVED):
            # What was not told may be a folder that came or went; one that moved has another name.
            self._is_known = False
        elif mask & _IGNORED:
            # The folder went, and may come back without a watch; one of Python's is seen to.
            self._is_known &= self._folders.pop(watch).endswith(f"{_COMPILED}/")
        elif mask & _IS_FOLDER:
            # Whoever made it has opened what it compiled, so nothing was missed until now.
            if name == _COMPILED:
                self._watch(f"{self._folders[watch]}{name}/")
        else:
            path = _named(self._folders[watch], name)
            if path == GIT or path in self._paths:
                self._found.add(path)


def _named(prefix: str, name: str) -> str:
    """What was compiled stands for the file that it was compiled from."""
    if prefix == GIT:
        return GIT
    if not prefix.endswith(f"{_COMPILED}/"):
        return prefix + name
    return f"{prefix.removesuffix(f'{_COMPILED}/')}{_OF_PYTHON.sub('', name)}.py"


def _inotify() -> int | None:
    if not sys.platform.startswith("linux"):
        return None
    found: int = _libc().inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    return found if found != -1 else None


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)
