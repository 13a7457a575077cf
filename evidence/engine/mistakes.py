"""One shape for everything a person can write wrong.

Lowest layer of the engine: every other module may use it, it uses none.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Place:
    """Where something was written: a path relative to the project root, and a 1-based line."""

    file: str
    line: int = 1

    def __str__(self) -> str:
        return f"{_escaped(self.file)}:{self.line}"


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing found wrong: `place  found, expected; next step`.

    `fatal` mistakes leave nothing trustworthy to run (a register that cannot be read). The others
    are dead links: the build goes on and the claims that hold them are Not met.
    """

    place: Place
    text: str
    fatal: bool = True

    def __post_init__(self) -> None:
        # Sentences quote people's files, which may hold line ends and terminal codes.
        object.__setattr__(self, "text", printable(self.text))

    def __str__(self) -> str:
        return f"{self.place}  {self.text}"


class Mistakes(Exception):
    """Everything found wrong in one reading, in file order. Never empty."""

    def __init__(self, found: Iterable[Mistake]) -> None:
        self.found: tuple[Mistake, ...] = tuple(sorted(found))
        super().__init__("\n".join(str(mistake) for mistake in self.found))


class CannotRun(Exception):
    """The engine could not do what was asked, for a reason a person can act on (exit code 2)."""


def printable(text: str) -> str:
    """The text on one line, what cannot be seen escaped as in Python (`\\x1b`)."""
    return _escaped(" ".join(text.split()))


def _escaped(text: str) -> str:
    """Escaped by Python's rules, lone surrogates too: they are how odd file names reach us."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def did_you_mean(written: str, known: Sequence[str]) -> str:
    """`; did you mean X?` for the nearest known name, or nothing when none is near."""
    near = difflib.get_close_matches(written, known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""
