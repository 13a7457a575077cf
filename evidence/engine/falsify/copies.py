"""Throwaway copies of the project in which one file at a time is broken."""

from __future__ import annotations

import shutil
import tokenize
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from evidence.engine.falsify.inside.opened import Opened
from evidence.engine.falsify.sabotage.clone import make_clone
from evidence.engine.run.bench import Bench
from evidence.engine.run.tree import read_files


@dataclass(frozen=True)
class Copy:
    """The project's files as they are now, elsewhere. `root` is the project's folder there, and
    `opened` tells which of its `files` are opened; in `git` it has what git knows of them."""

    root: Path
    files: tuple[str, ...]
    git: Path
    opened: Opened
    _whole: dict[Path, bytes] = field(default_factory=dict)

    @property
    def python(self) -> list[str]:
        """Those of its files that hold Python."""
        return [path for path in self.files if path.endswith(".py")]

    def read(self, path: str) -> str:
        with tokenize.open(self.root / path) as file:
            return file.read()

    @contextmanager
    def broken(self, path: str, text: str) -> Iterator[None]:
        """The file holds `text` for as long as the block runs."""
        file = self.root / path
        self._whole[file] = file.read_bytes()
        _write(file, text.encode())
        try:
            yield
        finally:
            _write(file, self._whole.pop(file))

    @contextmanager
    def mended(self) -> Iterator[None]:
        """What is broken is whole for as long as the block runs."""
        broken = {file: file.read_bytes() for file in self._whole}
        for file, data in self._whole.items():
            _write(file, data)
        try:
            yield
        finally:
            for file, data in broken.items():
                _write(file, data)


def make_copy(bench: Bench, name: str) -> Copy:
    """In the run's scratch folder, which goes when the run ends, however it ends."""
    files = tuple(sorted(read_files(bench.project)))
    clone = make_clone(bench.project, files, bench.scratch / name)
    git = clone.top / ".git"
    return Copy(clone.root, files, git, Opened(clone.root, files, git))


def _write(file: Path, data: bytes) -> None:
    """A process that reads it meanwhile sees one state or the other."""
    beside = file.with_name(f".{file.name}.broken")
    beside.write_bytes(data)
    shutil.copymode(file, beside)
    beside.replace(file)
