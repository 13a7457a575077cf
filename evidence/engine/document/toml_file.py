"""One table of a TOML file, with the line of each of its keys.

`tomllib` keeps no lines, so they are found by scanning the text for headers and keys. A key inside
an inline table or a list gets the line on which that begins.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import Any

from evidence.engine.document.model import Path
from evidence.engine.mistakes import Mistake, Mistakes, Place

_NAME = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEADER = re.compile(rf"\s*\[\s*({_DOTTED})\s*\]")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$| \(at end of document\)$")


@dataclass(frozen=True)
class TomlTable:
    """A table as a `Document`: paths start at the table, lines count from the file's top."""

    file: str
    data: dict[str, Any]
    table: tuple[str, ...]
    lines: dict[tuple[str, ...], int]

    def line(self, path: Path) -> int:
        full = (*self.table, *(step for step in path if isinstance(step, str)))
        while full and full not in self.lines:
            full = full[:-1]
        return self.lines.get(full, 1)

    def key_line(self, path: Path) -> int:
        return self.line(path)

    def written(self, path: Path) -> str:
        return ""


def parse_toml(text: str, *, file: str) -> dict[str, Any]:
    """The whole file as data. Raises Mistakes with the line at which TOML breaks."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Mistakes([_broken(str(error), text, file)]) from error


def toml_table(data: dict[str, Any], text: str, *table: str, file: str) -> TomlTable | None:
    """The named table of a parsed file, or None when there is no such table."""
    part: Any = data
    for step in table:
        part = part.get(step) if isinstance(part, dict) else None
    return TomlTable(file, part, table, _lines(text)) if isinstance(part, dict) else None


def _broken(message: str, text: str, file: str) -> Mistake:
    match = _AT_LINE.search(message)
    line = int(match.group(1)) if match and match.group(1) else text.rstrip("\n").count("\n") + 1
    problem = _AT_LINE.sub("", message)
    return Mistake(Place(file, line), f"found broken TOML: {problem}; mend this line")


def _lines(text: str) -> dict[tuple[str, ...], int]:
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), 1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            table = _steps(header.group(1))
            lines.setdefault(table, number)
        elif key:
            lines.setdefault((*table, *_steps(key.group(1))), number)
    return lines


def _steps(dotted: str) -> tuple[str, ...]:
    return tuple(name.strip("\"'") for name in re.findall(_NAME, dotted))
