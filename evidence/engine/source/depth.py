"""Where code is nested more deeply than the engine can follow it."""

from __future__ import annotations

import ast

# Python follows a thousand calls, and to write a part of the code again takes three for each level.
LEVELS = 150
# What fits into a line of so many characters has no more levels than these: none is looked for.
_SHORT = 100
# Raised over a text that is no Python, or that Python cannot follow to its end.
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
_WITH_A_PLACE = (ast.expr, ast.stmt)


def deep_lines(tree: ast.AST) -> frozenset[int]:
    """The lines (1-based) on which anything stands more than so many levels deep."""
    level = [tree]
    for _ in range(LEVELS + 1):
        level = [part for node in level for part in ast.iter_child_nodes(node) if _is_long(part)]
    parts = (part for node in level for part in ast.walk(node))
    return frozenset(part.lineno for part in parts if isinstance(part, _WITH_A_PLACE))


def _is_long(node: ast.AST) -> bool:
    if isinstance(node, _WITH_A_PLACE):
        # Optional only for trees that nobody parsed.
        width = node.end_col_offset - node.col_offset  # type: ignore[operator]
        return node.lineno != node.end_lineno or width > _SHORT
    # Without a place of its own; what holds nothing is a sign.
    return bool(node._fields)
