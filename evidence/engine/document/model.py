"""A file that a person wrote: plain data that still knows the line of each key and value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from evidence.engine.mistakes import Mistake

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Odd:
    """A value that no key of ours takes, kept so that a mistake can name it: a date, a NaN."""

    kind: str


class Document(Protocol):
    """`data` is dicts, lists, text, numbers, booleans, None and `Odd`.

    `line` is where a value starts and `key_line` where its key does, both 1-based; a path that
    leads nowhere gets the line of its nearest ancestor. `written` is a value as it was typed.
    """

    @property
    def file(self) -> str: ...

    @property
    def data(self) -> object: ...

    def line(self, path: Path) -> int: ...

    def key_line(self, path: Path) -> int: ...

    def written(self, path: Path) -> str: ...


@dataclass(frozen=True)
class Reading:
    """What came of reading one file: a document when it could be read, and what is wrong in it."""

    document: Document | None
    mistakes: tuple[Mistake, ...] = ()
