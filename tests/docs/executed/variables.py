"""Which environment variables there are: those that code reads, found by reading it, and those of
programs that are not ours.

A variable counts as read where `os.environ` or an `environ` that was handed in is asked for a name
that stands in the same file. Tests hand each other variables of their own, so of tests only what
is read while a file is loaded counts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
READING = ("app", "evidence", "benchmarks", "requirements", "build_evidence.py", "tests")
_ASKING = frozenset({"get", "getenv", "str", "bool", "list", "int", "setdefault"})
_READERS = frozenset({"os.environ", "environ", "env", "os"})
_WORTH_READING = re.compile(r"\benviron\b|\bgetenv\b|\bVariable\(")
_COMPOSE = ("docker-compose.yml", "docker-compose.override.yml", ".env.example")

# Every machine has them, or a test gives them to a process of its own.
OF_THE_MACHINE = frozenset({"PATH", "HOME", "LANG"})
# Named on pages, and read by programs that are not ours.
OF_OTHERS = {
    "PGHOST": "libpq",
    "PGPASSFILE": "libpq",
    "SOURCE_DATE_EPOCH": "MkDocs",
    "PYTHON": "make",
    "PYTHONPATH": "Python",
}


@lru_cache(maxsize=1)
def read_in_code() -> dict[str, str]:
    """Each variable that our code reads, with the first file that does."""
    found: dict[str, str] = {}
    for path in _files():
        text = path.read_text("utf-8")
        # Most files name no environment at all; parsing each would take seconds.
        if not _WORTH_READING.search(text):
            continue
        tree = ast.parse(text)
        name = path.relative_to(ROOT).as_posix()
        for variable in _read(tree, whole=not name.startswith("tests/")):
            found.setdefault(variable, name)
    return {name: where for name, where in found.items() if name not in OF_THE_MACHINE}


@lru_cache(maxsize=1)
def of_compose() -> frozenset[str]:
    """What Docker Compose reads, as its files have it."""
    told = "\n".join((ROOT / name).read_text("utf-8") for name in _COMPOSE)
    return frozenset(re.findall(r"(?:\$\{|^#?)([A-Z_]+)[:=}-]", told, re.MULTILINE))


def of_workflows() -> frozenset[str]:
    """Secrets and variables of the hosted repository that a workflow reads."""
    told = "\n".join(path.read_text("utf-8") for path in (ROOT / ".github/workflows").glob("*.yml"))
    return frozenset(re.findall(r"\b(?:secrets|vars)\.([A-Z_]+)", told))


def known() -> frozenset[str]:
    """Every variable that means something to somebody."""
    ours = frozenset(read_in_code()) | of_compose() | of_workflows()
    return ours | frozenset(OF_OTHERS) | OF_THE_MACHINE


def _files() -> Iterator[Path]:
    for each in READING:
        path = ROOT / each
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


def _read(tree: ast.Module, *, whole: bool) -> Iterator[str]:
    """The names that are asked for. Not `whole`: outside of functions alone."""
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }
    for node in ast.walk(tree) if whole else _outside(tree):
        asked = _asked(node)
        if isinstance(asked, ast.Constant) and isinstance(asked.value, str):
            yield asked.value
        elif isinstance(asked, ast.Name) and asked.id in constants:
            yield constants[asked.id]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "Variable":
            yield ast.literal_eval(node.args[0])


def _asked(node: ast.AST) -> ast.expr | None:
    """The name in `os.environ[name]`, `environ.get(name)` and their like."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return node.slice if ast.unparse(node.value) in ("os.environ", "environ") else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        is_asked = node.func.attr in _ASKING and ast.unparse(node.func.value) in _READERS
        return node.args[0] if is_asked else None
    return None


def _outside(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            yield node
            yield from _outside(node)
