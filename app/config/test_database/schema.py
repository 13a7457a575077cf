"""Which files decide what the migrations leave in a database, and a digest of them all."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

# What Django looks at by itself; whatever these import, inside functions too, counts as well.
_FIRST = ("*/migrations/*.py", "*/models.py", "*/models/*.py", "*/apps.py", "config/settings/*.py")
_PACKAGES = "requirements/lock.txt"


def digest(apps: Path) -> str:
    """SHA-256 of those files below the folder of the apps, and of the locked packages."""
    found = hashlib.sha256()
    for path in (*deciding(apps), apps.parent / _PACKAGES):
        content = path.read_bytes() if path.is_file() else b""
        found.update(f"{path.relative_to(apps.parent)} {len(content)}\n".encode() + content)
    return found.hexdigest()


def deciding(apps: Path) -> list[Path]:
    """The files in order of their path."""
    known: set[Path] = set()
    waiting = [path for pattern in _FIRST for path in apps.glob(pattern)]
    while waiting:
        path = waiting.pop()
        if path not in known:
            known.add(path)
            waiting += _imported(path, apps)
    return sorted(known)


def _imported(path: Path, apps: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        for name in _names(node):
            parts = name.split(".")
            # Whoever loads a module loads its packages first.
            places = [apps.joinpath(*parts[:end]) for end in range(1, len(parts) + 1)]
            candidates = (
                each for at in places for each in (at.with_suffix(".py"), at / "__init__.py")
            )
            yield from (each for each in candidates if each.is_file())


def _names(node: ast.AST) -> Iterator[str]:
    """Dotted names that may be modules."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
