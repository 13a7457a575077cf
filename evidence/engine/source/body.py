"""Body lines: those that only a call can run, so that running one shows the symbol at work."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef
# Where statements hold other statements, in reading order.
BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")


def body_lines_of(node: Function | ast.ClassDef) -> frozenset[int]:
    """1-based lines of the statements inside a function, or inside all methods of a class.

    Left out: whatever runs on import (`def` lines, decorators, defaults, class-level statements)
    and docstrings, which run never. A body on the `def` line itself counts as the `def` line.
    """
    if isinstance(node, ast.ClassDef):
        return frozenset().union(*(body_lines_of(inner) for inner in functions_and_classes(node)))
    head = range(_first(node), _head_end(node) + 1)
    docstring = _docstring(node)
    inside = (_statement_lines(statement) for statement in node.body if statement is not docstring)
    return frozenset(line for lines in inside for line in lines).difference(head)


def functions_and_classes(node: ast.AST) -> Iterator[Function | ast.ClassDef]:
    """Those of a file or a class, in reading order, also in its branches, loops and blocks."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        if found is not node and isinstance(found, Function | ast.ClassDef):
            yield found
        else:
            waiting += reversed([each for block in BLOCKS for each in getattr(found, block, ())])


def _first(node: Function) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _head_end(node: Function) -> int:
    """The last line of decorators, parameters and return type."""
    parts = [*node.decorator_list, *ast.walk(node.args), *([node.returns] if node.returns else [])]
    return max([node.lineno, *(getattr(part, "end_lineno", None) or 0 for part in parts)])


def _statement_lines(node: ast.AST) -> Iterator[int]:
    """A simple statement's lines; of a compound one its head's, then those of what it holds."""
    yield from ([node.lineno] if isinstance(node, ast.stmt | ast.excepthandler) else [])
    docstring = _docstring(node)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield from () if child is docstring else _statement_lines(child)
        else:
            yield from _expression_lines(child)


def _expression_lines(node: ast.AST) -> Iterator[int]:
    first, last = getattr(node, "lineno", None), getattr(node, "end_lineno", None)
    if first and last:
        yield from range(first, last + 1)
        return
    for part in ast.iter_child_nodes(node):
        yield from _expression_lines(part)


def _docstring(node: ast.AST) -> ast.stmt | None:
    head = node.body[0] if isinstance(node, Function | ast.ClassDef) else None
    if isinstance(head, ast.Expr) and isinstance(head.value, ast.Constant):
        return head if isinstance(head.value.value, str) else None
    return None
