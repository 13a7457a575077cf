"""YAML as this engine takes it: one document, no aliases, no tags, no surprises.

Built from the parser's events rather than with a YAML constructor, so that each key and value
keeps its line, nothing is expanded and no depth can exhaust the stack.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from evidence.engine.document.model import Odd, Path, Reading
from evidence.engine.mistakes import Mistake, Mistakes, Place

MAX_DEPTH = 20
MAX_MISTAKES = 200

# libyaml reads ten times as fast; a PyYAML built without it gives the same events.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVERS = yaml.SafeLoader.yaml_implicit_resolvers
_TAG = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{0,18}")
# YAML 1.1 ends a line at these and no editor does, so every line number after one would be off.
_SEPARATORS = re.compile("[\x85\u2028\u2029]")
_TABBED = re.compile(r" *\t")


class Table(dict[str, Any]):
    """A YAML mapping that knows where its keys and values stand and how they were typed."""

    __slots__ = ("key_lines", "line", "lines", "written")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.key_lines: dict[str | int, int] = {}
        self.lines: dict[str | int, int] = {}
        self.written: dict[str | int, str] = {}


class Series(list[Any]):
    """A YAML list that knows where its items stand and how they were typed."""

    __slots__ = ("line", "lines", "written")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str | int, int] = {}
        self.written: dict[str | int, str] = {}


@dataclass(frozen=True)
class YamlDocument:
    """One YAML file; see `Document`."""

    file: str
    data: object

    def line(self, path: Path) -> int:
        return self._walk(path)[1]

    def key_line(self, path: Path) -> int:
        holder, line = self._walk(path[:-1])
        if path and isinstance(holder, Table):
            return holder.key_lines.get(path[-1], line)
        return self._walk(path)[1]

    def written(self, path: Path) -> str:
        holder, _ = self._walk(path[:-1])
        if path and isinstance(holder, Table | Series):
            return holder.written.get(path[-1], "")
        return ""

    def _walk(self, path: Path) -> tuple[object, int]:
        value: Any = self.data
        line = value.line if isinstance(value, Table | Series) else 1
        for step in path:
            if not isinstance(value, Table | Series) or step not in value.lines:
                break
            line = value.lines[step]
            value = value[step]  # type: ignore[index]
        return value, line


def read_yaml(text: str, *, file: str) -> Reading:
    """The one document in `text`. Broken YAML gives no document; twice-written keys still do."""
    builder = _Builder(file)
    if _SEPARATORS.search(text):
        return Reading(None, (_unprintable(_SEPARATORS, text, file),))
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        return Reading(None, (*builder.mistakes, _broken(error, text, file)))
    except Mistakes as refused:
        return Reading(None, (*builder.mistakes, *refused.found))
    return Reading(YamlDocument(file, builder.root), tuple(builder.mistakes))


@dataclass
class _Builder:
    file: str
    root: object = None
    mistakes: list[Mistake] = field(default_factory=list)
    _open: list[tuple[Table | Series, str | None]] = field(default_factory=list)
    _key: str | None = None
    _documents: int = 0

    def take(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._begin(event, line)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            value, self._key = self._open.pop()
            self._put(value, value.line, "")
        elif isinstance(event, yaml.AliasEvent):
            raise self._refused(
                line,
                f"found the YAML alias *{event.anchor}, expected every value written out; "
                "write the value here",
            )
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise self._refused(
                    line, "found a second YAML document, expected one a file; remove the --- line"
                )

    def _begin(self, event: Any, line: int) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise self._refused(
                line, f"found values nested over {MAX_DEPTH} deep, expected 5 at most; flatten them"
            )
        self._refuse_tag(event, line)
        if self._wants_key():
            raise self._refused(line, "found a list or mapping as a key, expected text")
        self._open.append(
            (Table(line) if isinstance(event, yaml.MappingStartEvent) else Series(line), self._key)
        )
        self._key = None

    def _scalar(self, event: Any, line: int) -> None:
        self._refuse_tag(event, line)
        text: str = event.value
        plain = event.implicit[0] and event.tag is None
        value = _resolve(text) if plain else text
        if not self._wants_key():
            self._put(value, line, "" if isinstance(value, str) else text)
            return
        if not isinstance(value, str):
            self._note(
                line,
                f"found the key {text or 'with no name'}, which YAML does not read as text, "
                "expected text; put it in quotes",
            )
        self._take_key(text, line)

    def _wants_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1][0], Table) and self._key is None

    def _take_key(self, key: str, line: int) -> None:
        table = self._open[-1][0]
        if isinstance(table, Table):
            if key in table.key_lines:
                self._note(
                    line,
                    f'found the key "{key}" again, first written on line {table.key_lines[key]}; '
                    "keep one",
                )
            table.key_lines[key] = line
        self._key = key

    def _put(self, value: object, line: int, written: str) -> None:
        if not self._open:
            self.root = value
            return
        holder = self._open[-1][0]
        step: str | int
        if isinstance(holder, Series):
            step = len(holder)
            holder.append(value)
        else:
            step = self._key or ""
            holder[step] = value
            self._key = None
        holder.lines[step] = line
        if written:
            holder.written[step] = written

    def _refuse_tag(self, event: Any, line: int) -> None:
        if event.tag not in (None, "!", f"{_TAG}str", f"{_TAG}map", f"{_TAG}seq"):
            shown = event.tag.replace(_TAG, "!!")
            raise self._refused(line, f"found the YAML tag {shown}, expected no tags; remove it")

    def _note(self, line: int, text: str) -> None:
        if len(self.mistakes) == MAX_MISTAKES:
            raise self._refused(line, f"found over {MAX_MISTAKES} mistakes; mend those first")
        self.mistakes.append(Mistake(Place(self.file, line), text))

    def _refused(self, line: int, text: str) -> Mistakes:
        return Mistakes([Mistake(Place(self.file, line), text)])


def _resolve(text: str) -> object:
    """The value of a bare scalar, by YAML 1.1 as PyYAML reads it."""
    for tag, pattern in _RESOLVERS.get(text[:1], ()):
        if pattern.match(text):
            return _constructed(tag.removeprefix(_TAG), text)
    return text


def _constructed(kind: str, text: str) -> object:
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in ("yes", "true", "on")
    if kind == "int":
        return int(text) if _INTEGER.fullmatch(text) else Odd("the number")
    if kind == "float":
        return float(text) if _DECIMAL.fullmatch(text) else Odd("the number")
    if kind == "timestamp":
        return Odd("the date")
    return text


def _broken(error: yaml.YAMLError, text: str, file: str) -> Mistake:
    if isinstance(error, yaml.reader.ReaderError):
        return _unprintable(yaml.reader.Reader.NON_PRINTABLE, text, file)
    mark = getattr(error, "problem_mark", None)
    lines = text.split("\n")
    line = min(mark.line + 1, len(lines)) if mark else 1
    if _TABBED.match(lines[line - 1]):
        return Mistake(
            Place(file, line),
            "found a tab that indents, expected spaces (YAML allows no tabs there); "
            "replace the tab with spaces",
        )
    problem = getattr(error, "problem", None) or "it does not parse"
    context = getattr(error, "context", None)
    where = f" {context}" if context else ""
    return Mistake(Place(file, line), f"found broken YAML: {problem}{where}; mend this line")


def _unprintable(kind: re.Pattern[str], text: str, file: str) -> Mistake:
    match = kind.search(text)
    line = text.count("\n", 0, match.start()) + 1 if match else 1
    shown = f" U+{ord(match.group()):04X}" if match else ""
    return Mistake(
        Place(file, line), f"found the control character{shown}, expected text; remove it"
    )
