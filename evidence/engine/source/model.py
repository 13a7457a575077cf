"""What a citation resolves to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Symbol:
    """A cited piece of code or text.

    `first` and `last` are 1-based inclusive lines (decorators included). `body` holds the lines
    that only a call of the symbol can run: the statements inside functions and methods, without
    `def` lines, decorators, defaults, docstrings or class-level statements. It is empty for a
    whole file, a constant or anything that is not Python, so nothing can be `Executed` there.
    """

    path: str
    name: str
    first: int
    last: int
    body: frozenset[int]
    sha256: str

    @property
    def is_code(self) -> bool:
        """True when the symbol has lines that a test can be seen to run."""
        return bool(self.body)

    def shares_lines_with(self, other: object) -> bool:
        """True when running one of the two runs a line of the other."""
        return (
            isinstance(other, Symbol) and other.path == self.path and bool(other.body & self.body)
        )
