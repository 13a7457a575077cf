"""Ways to break a function by one small edit of its text.

An edit replaces the bytes of one syntax node, so a mutant reads as a diff of what a person wrote.
Left alone: strings, f-strings, what an exception is told, calls that only log, annotations,
defaults and docstrings; a change there breaks no promise that a test could hold. Of decorators
those that make a function what it is (a property, a context manager) or only quicker.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from evidence.engine.falsify.constants import written

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Operator(StrEnum):
    """What kind of edit it is."""

    DELETE = "statement deleted"
    FORCE = "condition forced"
    COMPARE = "comparison changed"
    ARITHMETIC = "arithmetic changed"
    LOGIC = "logic changed"
    NUMBER = "number moved by one"
    RETURN = "None returned"
    UNWRAP = "with block unwrapped"
    UNLOCK = "row lock dropped"
    TRUST = "secret compared as equal"
    UNDECORATE = "decorator dropped"
    YIELD = "nothing yielded"


@dataclass(frozen=True)
class Edit:
    """Put `text` where `node` stands; or, with `sign`, put it in place of that sign alone, which
    stands between `node` and `until`."""

    operator: Operator
    node: ast.expr | ast.stmt
    text: str
    sign: str = ""
    until: ast.expr | None = None


_LOGGERS = frozenset({"log", "logger", "logging", "warnings"})
# Without these a function is another thing, and every caller breaks; or it is only slower.
_SHAPING = frozenset(
    {"property", "cached_property", "getter", "setter", "deleter", "staticmethod", "classmethod"}
    | {"contextmanager", "asynccontextmanager", "wraps", "abstractmethod", "overload", "override"}
    | {"cache", "lru_cache"}
)
# Each sign as it is written, and what is put in its place.
_SIGNS: Mapping[type[ast.cmpop | ast.operator | ast.boolop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
    ast.Add: ("+", ("-",)),
    ast.Sub: ("-", ("+",)),
    ast.Mult: ("*", ("+",)),
    ast.Div: ("/", ("*",)),
    ast.FloorDiv: ("//", ("*",)),
    ast.Mod: ("%", ("*",)),
    ast.Pow: ("**", ("*",)),
    ast.BitAnd: ("&", ("|",)),
    ast.BitOr: ("|", ("&",)),
    ast.LShift: ("<<", (">>",)),
    ast.RShift: (">>", ("<<",)),
    ast.And: ("and", ("or",)),
    ast.Or: ("or", ("and",)),
}


def edits(function: Function) -> Iterator[Edit]:
    """Every edit of the function, in the order in which the text is read; of one that only yields
    what others work out, that it yields nothing."""
    found = [*_undecorated(function)]
    for statement in _body(function):
        found.extend(_of_statement(statement))
    yield from found or _unyielded(function)


def _unyielded(function: Function) -> Iterator[Edit]:
    """It stays a generator: otherwise it would be another thing, and every caller break."""
    for node in ast.walk(function):
        match node:
            case ast.Yield(value=ast.expr() as value):
                yield Edit(Operator.YIELD, value, "None")
            case ast.YieldFrom(value=value):
                yield Edit(Operator.YIELD, value, "()")


def _undecorated(node: Function | ast.ClassDef) -> Iterator[Edit]:
    for decorator in node.decorator_list:
        if _name_of(decorator) not in _SHAPING:
            yield Edit(Operator.UNDECORATE, decorator, "lambda it: it")


def _name_of(decorator: ast.expr) -> str:
    match decorator:
        case ast.Call(func=func):
            return _name_of(func)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _body(holder: Function | ast.ClassDef) -> list[ast.stmt]:
    first, *rest = holder.body
    return rest if _is_text(first) else holder.body


def _of_statement(node: ast.stmt) -> Iterator[Edit]:
    if isinstance(node, Function | ast.ClassDef):
        yield from _undecorated(node)
        for inner in _body(node):
            yield from _of_statement(inner)
        return
    if _is_text(node) or _only_logs(node):
        return
    if _can_go(node):
        yield Edit(Operator.DELETE, node, "pass")
    yield from _of_kind(node)
    for child in _parts(node):
        yield from _of_part(child)


def _parts(node: ast.stmt) -> Iterable[ast.AST]:
    """What of a statement is worth breaking: no annotation, and nothing that an error says."""
    if isinstance(node, ast.Raise):
        return ()
    if isinstance(node, ast.AnnAssign):
        return (node.value,) if node.value else ()
    return ast.iter_child_nodes(node)


def _of_kind(node: ast.stmt) -> Iterator[Edit]:
    """Edits that the kind of statement allows as a whole."""
    match node:
        case ast.If(test=test):
            yield from _forced(test)
        case ast.While(test=test) if not isinstance(test, ast.Constant):
            yield Edit(Operator.FORCE, test, "False")
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield Edit(Operator.RETURN, value, "None")


def _of_part(node: ast.AST) -> Iterator[Edit]:
    """Edits of what a statement holds: statements, expressions, handlers, cases."""
    match node:
        case ast.stmt():
            yield from _of_statement(node)
        case ast.expr():
            yield from _of_expression(node)
        case ast.match_case(guard=guard):
            if guard:
                yield from _forced(guard)
            for child in ast.iter_child_nodes(node):
                yield from _of_part(child)
        case ast.comprehension(ifs=ifs):
            for test in ifs:
                yield from _forced(test)
            for child in ast.iter_child_nodes(node):
                yield from _of_part(child)
        case ast.excepthandler() | ast.withitem() | ast.keyword():
            for child in ast.iter_child_nodes(node):
                yield from _of_part(child)


def _of_expression(node: ast.expr) -> Iterator[Edit]:
    if isinstance(node, ast.JoinedStr) or _is_log_call(node):
        return
    yield from _own_edits(node)
    for child in ast.iter_child_nodes(node):
        yield from _of_part(child)


def _own_edits(node: ast.expr) -> Iterator[Edit]:
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            yield from _resigned(Operator.COMPARE, left, op, right)
        case ast.BinOp(left=left, op=op, right=right) if not _is_text_sum(node):
            yield from _resigned(Operator.ARITHMETIC, left, op, right)
        case ast.BoolOp(op=op, values=values):
            for left, right in pairwise(values):
                yield from _resigned(Operator.LOGIC, left, op, right)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from _parted(Operator.LOGIC, node, operand)
        case ast.IfExp(test=test):
            yield from _forced(test)
        case ast.Constant(value=bool() as value):
            yield Edit(Operator.LOGIC, node, str(not value))
        case ast.Constant(value=int() | float() as number):
            yield Edit(Operator.NUMBER, node, written(number + 1))
            yield Edit(Operator.NUMBER, node, written(number - 1))
        case ast.Call(func=ast.Attribute(value=rows, attr="select_for_update")):
            yield from _parted(Operator.UNLOCK, node, rows)
        case ast.Call(func=ast.Name(id="compare_digest") | ast.Attribute(attr="compare_digest")):
            yield Edit(Operator.TRUST, node, "True")


def _resigned(
    operator: Operator,
    left: ast.expr,
    sign: ast.cmpop | ast.operator | ast.boolop,
    right: ast.expr,
) -> Iterator[Edit]:
    written, others = _SIGNS.get(type(sign), ("", ()))
    for other in others:
        yield Edit(operator, left, other, sign=written, until=right)


def _parted(operator: Operator, node: ast.expr, part: ast.expr) -> Iterator[Edit]:
    """A part of it in its place, if Python can write that: not with a number of 5,000 digits."""
    with suppress(ValueError):
        yield Edit(operator, node, ast.unparse(part))


def unwraps(function: Function) -> Iterator[ast.With]:
    """`with` blocks that bind nothing, so that their body still makes sense without them."""
    for node in ast.walk(function):
        if isinstance(node, ast.With) and not any(item.optional_vars for item in node.items):
            yield node


def _forced(test: ast.expr) -> Iterator[Edit]:
    if not isinstance(test, ast.Constant):
        yield Edit(Operator.FORCE, test, "True")
        yield Edit(Operator.FORCE, test, "False")


def _can_go(node: ast.stmt) -> bool:
    """True for statements that do something by themselves; a plain `name = value` that went would
    only leave a name unknown, and a generator without its `yield` is another thing."""
    match node:
        case ast.Expr(value=ast.Yield() | ast.YieldFrom()):
            return False
        case ast.Assign(targets=targets):
            return not any(isinstance(target, ast.Name | ast.Tuple) for target in targets)
        case ast.AnnAssign(target=ast.Name()):
            return False
        case ast.Return(value=value):
            return value is None
    kinds = (ast.Expr, ast.AugAssign, ast.AnnAssign, ast.Raise, ast.Delete, ast.Assert)
    return isinstance(node, (*kinds, ast.Break, ast.Continue, ast.For, ast.While))


def _only_logs(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and _is_log_call(node.value)


def _is_log_call(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
            return name in _LOGGERS
    return False


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_text_sum(node: ast.BinOp) -> bool:
    """Text put together: its parts are words, and other words break no promise."""
    sides: Iterable[ast.expr] = (node.left, node.right)
    return any(
        isinstance(side, ast.JoinedStr)
        or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in sides
    )


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
