"""Stripe's request encoding: forms whose names nest with brackets."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from stripe_twin.errors import StripeError

Tree = dict[str, Any]
"""Values are str or Tree; a list is a Tree whose keys are its indexes."""

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")
_MOST_FIELDS = 1000
_DEEPEST = 12


def decode(raw: bytes) -> Tree:
    """`a[b][0]=x` becomes {"a": {"b": {"0": "x"}}}. Raises a 400 for anything malformed."""
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(raw),
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except (UnicodeError, ValueError) as mistake:
        raise _malformed(f"the body is no form ({mistake})") from mistake
    tree: Tree = {}
    for name, value in pairs:
        _place(tree, _path(name), value)
    return tree


def _path(name: str) -> list[str]:
    match = _NAME.fullmatch(name)
    if match is None:
        raise _malformed(f"found the name {name[:80]!r}, expected brackets in pairs, as in a[b]")
    parts = [match[1], *_PART.findall(match[2])]
    if len(parts) > _DEEPEST:
        raise _malformed(f"found {len(parts)} levels of brackets, expected at most {_DEEPEST}")
    if "" in parts[:-1]:
        raise _malformed("empty brackets can only come last; number the items, as in a[0][b]")
    return parts


def _place(tree: Tree, path: list[str], value: str) -> None:
    for part in path[:-1]:
        tree = tree.setdefault(part, {})
        if not isinstance(tree, dict):
            raise _malformed(f"{part} is given both as a value and with brackets")
    last = path[-1] or str(len(tree))
    if isinstance(tree.get(last), dict):
        raise _malformed(f"{last} is given both as a value and with brackets")
    tree[last] = value


def _malformed(why: str) -> StripeError:
    return StripeError(
        "Invalid request (check that your POST content type is "
        f"application/x-www-form-urlencoded): {why}.",
        began=False,
    )
