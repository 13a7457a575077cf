"""Note which functions of the project are entered, so that it is known what an outcome hangs on.

Each function gets one statement before the first, as its file is loaded, which notes that it was
entered: to trace every call would take longer than most tests.
"""

from __future__ import annotations

import ast
import builtins
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from .replaced import replaced

# What is remembered runs for the first who asks, and counts for all that follow.
REMEMBERS = frozenset({"cache", "lru_cache", "cached_property"})


class Entered:
    """`names` are the functions that note it, each as `path::name`, of the files that were loaded
    so far. `lasting` are those that count for all that follow: they were entered while something
    came about that stays, such as a file that was loaded or what is remembered. Once it `is_over`,
    as it is in a fork, nothing stays."""

    def __init__(self, root: Path, paths: Iterable[str]) -> None:
        self.names: list[str] = []
        self.lasting: set[int] = set()
        self.is_over = False
        self._seen: set[int] = set()
        # What `staying` has put aside, for as long as it lasts.
        self._aside: set[int] = set()
        self._told: set[int] = set()
        # A name of its own, for whoever tests this is watched by another.
        self._notes = f"__entered_{id(self):x}__"
        self._lasts = f"__lasts_{id(self):x}__"
        self._paths = {str(root / path): path for path in paths}
        self._first: dict[str, int] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Files that are loaded meanwhile note it; those under other names are left as they are."""
        setattr(builtins, self._notes, self._seen.add)
        setattr(builtins, self._lasts, self.staying)
        with (
            replaced(SourceFileLoader, "get_code", self._coding),
            replaced(SourceFileLoader, "exec_module", self._loading),
        ):
            yield

    @contextmanager
    def staying(self) -> Iterator[None]:
        """What is entered meanwhile counts for all that follow."""
        if self.is_over:
            yield
            return
        before = set(self._taken())
        self._aside |= before
        try:
            yield
        finally:
            self.lasting |= self._seen
            self._seen |= before

    @contextmanager
    def apart(self, kept: set[int]) -> Iterator[None]:
        """What is entered meanwhile is kept there, and told nowhere else."""
        before, aside = set(self._taken()), self._aside
        self._aside = set()
        try:
            yield
        finally:
            kept |= set(self._taken()) | self._aside
            self._aside = aside
            self._seen |= before

    def _taken(self) -> Iterator[int]:
        """One by one, for other threads may be noting, or taking too: nothing is lost."""
        with suppress(KeyError):
            while True:
                yield self._seen.pop()

    def stays(self, numbers: Iterable[int]) -> None:
        """These count for all that follow."""
        self.lasting.update(numbers)

    def forget(self) -> None:
        """What was entered until now is not told."""
        for noted in (self._seen, self._aside, self._told):
            noted.clear()

    def told(self) -> list[int]:
        """Which of the names were entered since it was told last, by their places among them."""
        new = (self._seen | self._aside) - self._told
        self._told |= new
        return sorted(new)

    def _coding(self, coded: Callable[..., Any]) -> Callable[..., Any]:
        def get_code(loader: SourceFileLoader, fullname: str) -> CodeType | None:
            path = loader.get_filename(fullname)
            name = self._paths.get(os.path.realpath(path))
            code = self._noting(loader.get_data(path), name, path) if name else None
            # Nothing of this is kept on disk, where processes would find it.
            return coded(loader, fullname) if code is None else code

        return get_code

    def _loading(self, executed: Callable[..., None]) -> Callable[..., None]:
        def exec_module(loader: SourceFileLoader, module: ModuleType) -> None:
            with self.staying():
                executed(loader, module)

        return exec_module

    def _noting(self, data: bytes, name: str, path: str) -> CodeType | None:
        """The file's code with the statements in it; None where that cannot be had, and whoever
        loads it as ever may see why."""
        try:
            tree = ast.parse(data)
            first = self._first.get(name, len(self.names))
            names = [f"{name}::{each}" for each in self._put(tree.body, "", first)]
            code: CodeType = compile(tree, path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError):
            return None
        self._first[name] = first
        if first == len(self.names):
            self.names += names
        return code

    def _put(self, nodes: Sequence[ast.stmt], prefix: str, first: int) -> Iterator[str]:
        """Puts the statement into each function, and gives their names in the order of its
        numbers."""
        number = first
        for node in nodes:
            if isinstance(node, ast.ClassDef):
                for name in self._put(node.body, f"{prefix}{node.name}.", number):
                    number += 1
                    yield name
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self._put_into(node, number)
                number += 1
                yield prefix + node.name

    def _put_into(self, node: ast.FunctionDef | ast.AsyncFunctionDef, number: int) -> None:
        at = int(ast.get_docstring(node) is not None)
        whole = node.body[at:]
        if remembers(node):
            whole = [ast.With([ast.withitem(_call(self._lasts))], whole or [ast.Pass()])]
        node.body[at:] = [ast.Expr(_call(self._notes, ast.Constant(number))), *whole]
        for each in node.body:
            _place(each, node)


def remembers(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a decorator keeps what the function gives back."""
    parts = (part for each in node.decorator_list for part in ast.walk(each))
    words = (
        part.id if isinstance(part, ast.Name) else part.attr
        for part in parts
        if isinstance(part, ast.Name | ast.Attribute)
    )
    return not REMEMBERS.isdisjoint(words)


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _place(part: ast.AST, node: ast.stmt) -> None:
    """What has no place is put at the function's own first line."""
    if not hasattr(part, "lineno"):
        ast.copy_location(part, node)
        for child in ast.iter_child_nodes(part):
            _place(child, node)
