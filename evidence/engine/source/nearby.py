"""Which existing path somebody meant who wrote one that does not exist."""

from __future__ import annotations

import functools
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from evidence.engine.mistakes import did_you_mean

MAX_FILES = 20_000


def near_path(root: Path, written: str) -> str:
    """`; did you mean X?`: the same name in another folder, else a similar name in this one."""
    name = PurePosixPath(written).name
    moved = _files_by_name(root).get(name, ())
    if moved:
        return did_you_mean(written, moved) or f"; did you mean {moved[0]}?"
    return did_you_mean(written, tuple(_siblings(root, written))) or "; mend the path"


def forget_files() -> None:
    """Look at the folders afresh next time."""
    _files_by_name.cache_clear()


def _siblings(root: Path, written: str) -> Iterator[str]:
    """What stands in the deepest folder of the written path that does exist."""
    folder = root / PurePosixPath(written).parent
    while not folder.is_dir() and folder != root:
        folder = folder.parent
    for entry in sorted(folder.iterdir()):
        if not entry.name.startswith("."):
            yield entry.relative_to(root).as_posix()


@functools.lru_cache(maxsize=4)
def _files_by_name(root: Path) -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    count = 0
    for folder, inner, files in os.walk(root):
        inner[:] = sorted(name for name in inner if not name.startswith((".", "__pycache__")))
        for name in sorted(files):
            found[name].append((Path(folder) / name).relative_to(root).as_posix())
        count += len(files)
        if count > MAX_FILES:
            break
    return {name: tuple(paths) for name, paths in found.items()}
