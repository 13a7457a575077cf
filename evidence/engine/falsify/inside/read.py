"""Which files of the project were read otherwise than to be loaded as Python: whoever reads one so
hangs on every line of it, and not on the functions that are entered."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

from .callers import runs_in
from .replaced import replaced

# It reads all that is loaded of the project, and gives what it finds to all that draw.
_DRAWS = "hypothesis.internal.constants_ast"


class Read:
    """`found` are those of the paths, given from the root, that were read until it `is_over`. Those
    that Hypothesis read for the constants in them are `drawn_from`: whoever draws by it hangs on
    them, and nobody else."""

    def __init__(self, root: Path, paths: Iterable[str]) -> None:
        self.found: set[str] = set()
        self.drawn_from: set[str] = set()
        self.is_over = False
        self._paths = {str(root / path): path for path in paths}
        self._mine = threading.local()

    @contextmanager
    def telling_loaders_apart(self) -> Iterator[None]:
        """What Python itself reads meanwhile, to load a module, is not noted."""
        with replaced(SourceFileLoader, "get_code", self._loading):
            yield

    def _loading(self, coded: Callable[..., CodeType | None]) -> Callable[..., CodeType | None]:
        def get_code(loader: SourceFileLoader, fullname: str) -> CodeType | None:
            self._mine.is_loading = True
            try:
                return coded(loader, fullname)
            finally:
                self._mine.is_loading = False

        return get_code

    @contextmanager
    def apart(self, kept: set[str]) -> Iterator[None]:
        """What is read meanwhile is kept there, and nowhere else."""
        found, self.found = self.found, kept
        try:
            yield
        finally:
            self.found = found

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook."""
        if event != "open" or self.is_over or getattr(self._mine, "is_loading", False):
            return
        given = arguments[0]
        path = os.fsdecode(given) if isinstance(given, str | bytes | os.PathLike) else ""
        name = self._paths.get(os.path.realpath(path))
        if name is not None:
            (self.drawn_from if runs_in(_DRAWS) else self.found).add(name)
