"""What a file of tests does as it is loaded, apart from what it defines for itself.

A server loads many files of tests before it forks. That one of them has one test more, or another
fixture of its own, is nothing to the tests of the others; what it runs on the way may be.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence, Set

from evidence.engine.source.depth import UNREADABLE

_FOR_ITSELF = ("function", "class", "module")  # Scopes of what is set up for tests of one file.
# They change what is defined, and nothing else; as do those of pytest, which wait for the tests.
_HARMLESS = frozenset(
    {"classmethod", "property", "staticmethod", "contextmanager", "contextlib.contextmanager"}
    | {"dataclass", "dataclasses.dataclass"}
)
_OF_PYTEST = ("pytest.mark.", "pytest.param", "pytest.fixture", "pytest.raises", "pytest.approx")
# What pytest itself reads of a module, but for marks, may concern the whole session.
_READ_BY_PYTEST, _MARKS = "pytest_", "pytestmark"


def done_by(text: str, modules: Set[str]) -> list[str] | None:
    """What it does, statement by statement; None where it sets up something for tests of other
    files, or cannot be read. `modules` are the project's by their dotted names, from anywhere."""
    try:
        tree = ast.parse(text)
        calls = (each for each in ast.walk(tree) if isinstance(each, ast.Call))
        fixtures = (each for each in calls if ast.unparse(each.func).endswith("fixture"))
        if not text or any(map(_shares, fixtures)):
            return None
        return [done for node in tree.body for done in _done(node, modules)]
    except UNREADABLE:
        return None


def _shares(fixture: ast.Call) -> bool:
    """Whether it has another scope, or one that is worked out."""
    scopes = [each.value for each in fixture.keywords if each.arg in ("scope", None)]
    return bool(fixture.args) or not all(
        isinstance(each, ast.Constant) and each.value in _FOR_ITSELF for each in scopes
    )


def _done(node: ast.stmt, modules: Set[str]) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom):
        yield from _imported(node, modules)
    elif isinstance(node, ast.ClassDef):
        if node.bases or node.keywords:
            # Whoever is derived from may keep a list of those that are.
            yield f"{node.name} {[ast.unparse(each) for each in (*node.bases, *node.keywords)]}"
        yield from _decorating(node.decorator_list)
        for each in node.body:
            yield from _done(each, modules)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield from _decorating(node.decorator_list)
        yield from _acting([*node.args.defaults, *filter(None, node.args.kw_defaults)])
    elif isinstance(node, ast.Assign) and all(isinstance(each, ast.Name) for each in node.targets):
        names = [ast.unparse(each) for each in node.targets]
        if any(name.startswith(_READ_BY_PYTEST) and name != _MARKS for name in names):
            yield ast.unparse(node)
        yield from _acting([node.value])
    elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        yield ast.unparse(node)


def _imported(node: ast.ImportFrom, modules: Set[str]) -> Iterator[str]:
    """The modules that it loads; which names it takes from them is nothing to others."""
    where = "." * node.level + (node.module or "")
    yield f"from {where}"
    for each in node.names:
        module = f"{where.lstrip('.')}.{each.name}".lstrip(".")
        if module in modules or each.name == "*":
            yield f"from {where} import {each.name}"


def _decorating(nodes: Sequence[ast.expr]) -> Iterator[str]:
    """Decorators run as what they decorate is defined, called or not."""
    for node in nodes:
        name = ast.unparse(node.func if isinstance(node, ast.Call) else node)
        if not name.startswith(_OF_PYTEST) and name not in _HARMLESS:
            yield f"@{ast.unparse(node)}"
        else:
            yield from _acting([node])


def _acting(nodes: Sequence[ast.expr]) -> Iterator[str]:
    """Those in which anything is called but pytest and what is harmless."""
    for node in nodes:
        names = (ast.unparse(each.func) for each in _at_once(node) if isinstance(each, ast.Call))
        if not all(name.startswith(_OF_PYTEST) or name in _HARMLESS for name in names):
            yield ast.unparse(node)


def _at_once(node: ast.AST) -> Iterator[ast.AST]:
    """What is worked out at once: not what a lambda would."""
    yield node
    if not isinstance(node, ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from _at_once(child)
