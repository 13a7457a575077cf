"""Note which functions of the project are entered, so that it is known what an outcome hangs on.

A mutant may lead its test where the test never goes otherwise. So each function gets its own code
with one statement before the first, which notes that it was entered: once, before anything is
forked, for to trace every call would take longer than most tests.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .patch import Loaded, codes_by_key


class Entered:
    """`names` are the functions that are watched, each as `path::name`; `unseen` are those that
    cannot be, and whoever runs may have entered them."""

    _newest: str  # The module that came last before functions were watched.

    def __init__(self) -> None:
        self.names: list[str] = []
        self.unseen: list[str] = []
        self._seen: set[int] = set()
        # A name of its own, for whoever tests this is watched by another.
        self._notes = f"__entered_{id(self):x}__"
        self._not_loaded: set[str] = set()

    def watch(self, loaded: Loaded, root: Path, paths: Sequence[str]) -> None:
        """Functions and methods of these files of the project that are loaded by now."""
        setattr(builtins, self._notes, self._seen.add)
        for path in paths:
            # A template may be loaded as well, and holds no Python that anybody wrote.
            if path.endswith(".py") and (file := str(root / path)) in loaded.files:
                self._watch(loaded, path, file)
        modules = list(sys.modules.values())
        self._not_loaded = {str(root / path) for path in paths}.difference(_files_of(modules))
        self._newest = next(reversed(sys.modules))

    def forget(self) -> None:
        """What was entered until now is not told."""
        self._seen.clear()

    def told(self) -> list[int] | None:
        """Which of the names were entered, by their places among them; None when a watched file
        was loaded too late for that to be known."""
        if self._not_loaded and not self._not_loaded.isdisjoint(_files_of(self._since())):
            return None
        return sorted(self._seen)

    def _since(self) -> Iterator[object]:
        """Modules that came since functions are watched: from the newest back, for in a fork it
        takes longer to touch all the others than to run a small test."""
        for name in reversed(sys.modules):
            if name == self._newest:
                return
            yield sys.modules[name]

    def _watch(self, loaded: Loaded, path: str, file: str) -> None:
        tree = ast.parse(Path(file).read_bytes())
        first = len(self.names)
        self.names += (f"{path}::{name}" for name in _noting(tree.body, "", first, self._notes))
        new = codes_by_key(compile(tree, file, "exec", dont_inherit=True))
        watched = {name.partition("::")[2] for name in self.names[first:]}
        for key in loaded.files[file]:
            if key[1] in watched:
                for function in loaded.functions[key]:
                    try:
                        [function.__code__] = new[key]
                    except (KeyError, ValueError):
                        # It was made from another text, or two of one name stand on its line.
                        self.unseen.append(f"{path}::{key[1]}")


def _files_of(modules: Iterable[object]) -> set[object]:
    # By what lies in them: to ask some modules for anything would load more.
    return {getattr(each, "__dict__", {}).get("__file__") for each in modules}


def _noting(nodes: Sequence[ast.stmt], prefix: str, first: int, notes: str) -> Iterator[str]:
    """Puts the statement into each function, and gives their names in the order of its numbers."""
    number = first
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            for name in _noting(node.body, f"{prefix}{node.name}.", number, notes):
                number += 1
                yield name
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            _note(node, number, notes)
            number += 1
            yield prefix + node.name


def _note(node: ast.FunctionDef | ast.AsyncFunctionDef, number: int, notes: str) -> None:
    call = ast.Call(ast.Name(notes, ast.Load()), [ast.Constant(number)], [])
    statement = ast.Expr(call)
    has_text = ast.get_docstring(node) is not None
    for each in ast.walk(statement):
        ast.copy_location(each, node)
    node.body.insert(int(has_text), statement)
