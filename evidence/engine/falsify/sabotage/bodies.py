"""Which functions a patch changes, if it changes nothing else: these can be replaced in a fork."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evidence.engine.falsify.mutants import first_line
from evidence.engine.source.depth import UNREADABLE


@dataclass(frozen=True)
class Change:
    """The file's old text with one function's body in it as the patch leaves it; `first_line` is
    where Python says that the function begins, `span` the first and last line of the old body."""

    path: str
    unit: str
    first_line: int
    text: str
    span: tuple[int, int]


@dataclass(frozen=True)
class _Body:
    name: str
    first_line: int
    start: int
    end: int


def changes(path: str, before: str, after: str) -> tuple[Change, ...] | None:
    """The functions whose bodies differ, in reading order. None when anything else does: what a
    module, a class or a decorator does shows only where the file is loaded."""
    try:
        old, new = list(_bodies(before)), list(_bodies(after))
    except UNREADABLE:
        return None
    if _without(before, old) != _without(after, new):
        return None
    lines, others = before.split("\n"), after.split("\n")
    found = []
    for number, was in enumerate(old):
        now = new[number]
        body = others[now.start : now.end]
        if body != lines[was.start : was.end]:
            text = "\n".join((*lines[: was.start], *body, *lines[was.end :]))
            span = was.start + 1, was.end
            found.append(Change(path, was.name, was.first_line, text, span))
    return tuple(found)


def _bodies(text: str) -> Iterator[_Body]:
    yield from _within(ast.parse(text).body, "")


def _within(nodes: Sequence[ast.stmt], prefix: str) -> Iterator[_Body]:
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            yield from _within(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            start, end = node.body[0].lineno - 1, node.end_lineno or node.lineno
            # One that stands on the line of its `def` counts as part of the signature.
            if start >= node.lineno:
                yield _Body(prefix + node.name, first_line(node), start, end)


def _without(text: str, bodies: Sequence[_Body]) -> list[str]:
    """The text without what functions do; their names stay, for their `def` does."""
    lines = text.split("\n")
    for body in reversed(bodies):
        lines[body.start : body.end] = ["…"]
    return lines
