"""The names that a Python file defines and where, by its syntax tree; nothing is imported."""

from __future__ import annotations

import ast
import functools
import io
import tokenize
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from evidence.engine.source.body import BLOCKS, Function, body_lines_of
from evidence.engine.source.depth import deep_lines


class Unparsable(Exception):
    """The file is no Python that this Python can read; `line` is where (1-based)."""

    def __init__(self, problem: str, line: int) -> None:
        self.problem = problem
        self.line = line
        super().__init__(problem)


@dataclass
class Definition:
    """Everything one file says about one qualified name.

    Several definitions of one name (overloads, a property and its setter, a branch each) are one:
    `first` to `last` spans them all, `body` is the union.
    """

    first: int
    last: int
    body: frozenset[int]
    is_function: bool = False
    is_class: bool = False
    bases: tuple[str, ...] = ()


_TOO_DEEP = "too deeply nested"


@dataclass
class Module:
    """`names` maps qualified names (`Drawer.put`) to definitions; `imported` are foreign names,
    `deep` the lines of what is nested too deeply to be broken."""

    lines: tuple[str, ...]
    names: dict[str, Definition] = field(default_factory=dict)
    imported: frozenset[str] = frozenset()
    deep: frozenset[int] = frozenset()


def read_module(path: Path) -> Module:
    """The file's names. Kept as long as the file does not change. Raises Unparsable or OSError."""
    stat = path.stat()
    return _read_module(path, stat.st_mtime_ns, stat.st_size, stat.st_ino)


def split_lines(text: str) -> tuple[str, ...]:
    """Lines as Python counts them: a form feed or a Unicode separator ends none."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return tuple(unified.removesuffix("\n").split("\n"))


@functools.lru_cache(maxsize=4096)
def _read_module(path: Path, _mtime_ns: int, _size: int, _inode: int) -> Module:
    data = path.read_bytes()
    tree = _parse(data)
    module = Module(split_lines(_decode(data)), deep=deep_lines(tree))
    try:
        for name, definition in _definitions(tree.body, ""):
            known = module.names.get(name)
            module.names[name] = _joined(known, definition) if known else definition
    except RecursionError as error:
        raise Unparsable(_TOO_DEEP, min(module.deep, default=1)) from error
    module.imported = frozenset(_imported(tree))
    return module


def _parse(data: bytes) -> ast.Module:
    try:
        with warnings.catch_warnings():
            # A stray backslash in somebody's text is theirs to mend, not ours to report.
            warnings.simplefilter("ignore")
            return ast.parse(data)
    except SyntaxError as error:
        raise Unparsable(error.msg, error.lineno or 1) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unparsable(str(error) or _TOO_DEEP, 1) from error


def _decode(data: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return data.decode(encoding)


def _definitions(body: Iterable[ast.AST], prefix: str) -> Iterator[tuple[str, Definition]]:
    """Names of one scope and, by dots, of its classes; branches belong to the scope around them."""
    for node in body:
        if isinstance(node, Function):
            span = _span(node)
            yield prefix + node.name, Definition(*span, body_lines_of(node), is_function=True)
        elif isinstance(node, ast.ClassDef):
            bases = tuple(_bases(node))
            span = _span(node)
            yield (
                prefix + node.name,
                Definition(*span, body_lines_of(node), is_class=True, bases=bases),
            )
            yield from _definitions(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.expr):
            continue
        else:
            for name in _assigned(node):
                yield prefix + name, Definition(*_span(node), frozenset())
            yield from _definitions(ast.iter_child_nodes(node), prefix)


def _bases(node: ast.ClassDef) -> Iterator[str]:
    """Those that Python can write again: not one made from a number of 5,000 digits."""
    for base in node.bases:
        with suppress(ValueError):
            yield ast.unparse(base)


def _assigned(node: ast.AST) -> Iterator[str]:
    """Names that a statement binds by assignment, through tuples and stars."""
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = list(node.targets)
    elif isinstance(node, ast.AnnAssign | ast.AugAssign):
        targets = [node.target]
    elif type(node).__name__ == "TypeAlias":  # `type X = …`, from Python 3.12
        targets = [node.name]  # type: ignore[attr-defined]
    for target in targets:
        for part in ast.walk(target):
            if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
                yield part.id


def _imported(tree: ast.Module) -> Iterator[str]:
    """Imports are statements: no expression is looked into, of which a file has ten times more."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        for block in BLOCKS:
            waiting.extend(getattr(node, block, ()))


def _span(node: ast.AST) -> tuple[int, int]:
    first: int = getattr(node, "lineno", 1)
    decorators = [decorator.lineno for decorator in getattr(node, "decorator_list", ())]
    return min([first, *decorators]), getattr(node, "end_lineno", None) or first


def _joined(one: Definition, other: Definition) -> Definition:
    return Definition(
        first=min(one.first, other.first),
        last=max(one.last, other.last),
        body=one.body | other.body,
        is_function=one.is_function or other.is_function,
        is_class=one.is_class or other.is_class,
        bases=(*one.bases, *other.bases),
    )
