"""Gate: a status is written through its enum: never as text, in code, in SQL or in a template.

Nothing is run: modules are read as syntax trees, templates line by line.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

APP = Path(__file__).resolve().parents[2] / "app"
# Migrations say what was true when they were written. The twin imports nothing of the shop: its
# words are Stripe's. Tests say what must come out.
LEFT_OUT = {"migrations", "stripe_twin", "tests"}
# Orders stand below payments and may not import their enum; a test holds the words to it.
KNOWN_BY_NAME = {("orders/models.py", "processing"), ("orders/models.py", "succeeded")}
# What Stripe's list of subscriptions calls any status at all.
NO_STATUS = {("payments/gateway/lists.py", "all")}
# What holds a status, whatever stands before it (`payment_status`) and after it (`status__in`).
NAMED = re.compile(r"(?:^|[_.])(?:status|outcome)(?:__\w+)?$")
QUOTED = re.compile(r"'([a-z_]+)'")
# SQL that compares a status, or takes cases of it, with the words that it has in quotes.
IN_SQL = re.compile(
    r"""\bstatus\s+
    (?:= | <> | != | IS\s+(?:NOT\s+)?DISTINCT\s+FROM | (?:NOT\s+)?IN | WHEN)
    \s*\(?((?:\s*'[a-z_]+'\s*,?)+)""",
    re.VERBOSE | re.IGNORECASE,
)
IN_TEMPLATE = re.compile(r"\{%[^%]*\bstatus\b\s*(?:==|!=|in)\s*[\"']([a-z_]+)[\"']")


def main() -> int:
    """0 when none was found, 1 otherwise; each on a line of its own."""
    trees, templates = modules(APP), sorted((APP / "templates").rglob("*.html"))
    found = [
        f"app/{path}:{line}: {word!r} is written as text; use the enum"
        for path, tree in trees.items()
        for line, word in in_module(tree)
        if (path, word) not in KNOWN_BY_NAME | NO_STATUS
    ]
    for path in templates:
        found += [
            f"app/{path.relative_to(APP)}:{line}: {word!r} is compared with; decide it in the view"
            for line, word in in_template(path.read_text("utf-8"))
        ]
    sys.stdout.writelines(f"{line}\n" for line in found)
    sys.stdout.write(
        f"statuses: {len(trees)} modules and {len(templates)} templates read, "
        f"{len(found)} written as text\n"
    )
    return int(bool(found))


def in_module(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and word of each status that this module writes as text."""
    for node in ast.walk(tree):
        for text in _beside_a_status(node):
            # A text that names the column is no status.
            if text.value and not NAMED.search(str(text.value)):
                yield text.lineno, str(text.value)
        yield from _quoted(node)


def in_template(text: str) -> Iterator[tuple[int, str]]:
    """Line and word of each status that this template compares with."""
    for number, line in enumerate(text.splitlines(), start=1):
        yield from ((number, word) for word in IN_TEMPLATE.findall(line))


def modules(folder: Path) -> dict[str, ast.Module]:
    """The syntax tree of each module of the shop, by its path below the folder."""
    return {
        path.relative_to(folder).as_posix(): ast.parse(path.read_text("utf-8"))
        for path in sorted(folder.rglob("*.py"))
        if not LEFT_OUT & set(path.relative_to(folder).parts)
    }


def _quoted(node: ast.AST) -> Iterator[tuple[int, str]]:
    """What SQL in this text compares a status with."""
    text = node.value if isinstance(node, ast.Constant) else None
    for compared in IN_SQL.findall(text) if isinstance(text, str) else ():
        yield from ((node.lineno, word) for word in QUOTED.findall(compared))  # type: ignore[attr-defined]


def _beside_a_status(node: ast.AST) -> list[ast.Constant]:
    """Texts that this node compares with a status, or makes one of."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        found = any(_is_status(side) for side in sides)
        return [text for side in sides for text in _texts(side)] if found else []
    if isinstance(node, ast.keyword):
        return _texts(node.value) if node.arg and NAMED.search(node.arg) else []
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        found = node.value is not None and any(_is_status(target) for target in targets)
        return _texts(node.value) if found and node.value else []
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return [text for key, value in pairs if _names_status(key) for text in _texts(value)]
    if isinstance(node, ast.Match):
        return [text for case in node.cases for text in _patterns(case)] * _is_status(node.subject)
    return []


def _is_status(node: ast.AST) -> bool:
    """`status`, `order.status`, `row["status"]`, `OrderStatus(order.status)`, `status.value`."""
    if isinstance(node, ast.Name):
        return bool(NAMED.search(node.id))
    if isinstance(node, ast.Attribute):
        return bool(NAMED.search(node.attr)) or _is_status(node.value)
    if isinstance(node, ast.Subscript):
        return _names_status(node.slice)
    if isinstance(node, ast.Call):
        return any(_is_status(argument) for argument in node.args)
    return False


def _names_status(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and bool(NAMED.search(str(node.value)))


def _texts(node: ast.AST) -> list[ast.Constant]:
    """The text itself, or those in a list of them."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node]
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return [text for element in node.elts for text in _texts(element)]
    return []


def _patterns(case: ast.match_case) -> list[ast.Constant]:
    return [
        text
        for node in ast.walk(case.pattern)
        if isinstance(node, ast.MatchValue)
        for text in _texts(node.value)
    ]


if __name__ == "__main__":
    sys.exit(main())
