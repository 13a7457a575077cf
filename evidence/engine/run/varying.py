"""What tools print that differs between two runs of one commit, shown by a name instead."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from evidence.engine.register.model import Gate

# Where an object lay in memory, as Python shows one in the message of a failed test.
_ADDRESSES = (("<address>", r"\bat (0x[0-9a-fA-F]{6,16})\b"),)


def varying_in(gate: Gate) -> tuple[tuple[str, str], ...]:
    """What the gate says of itself, and of a gate of tests what pytest shows of memory."""
    return (*gate.varies, *(_ADDRESSES if gate.pytest is not None else ()))


@dataclass(frozen=True)
class Varying:
    """Patterns in the order in which a gate lists them, each with the name that stands for it."""

    patterns: tuple[tuple[str, re.Pattern[str]], ...] = ()

    @staticmethod
    def of(written: Iterable[tuple[str, str]]) -> Varying:
        """`written` pairs a name such as `<seconds>` with a regular expression."""
        return Varying(tuple((name, re.compile(pattern)) for name, pattern in written))

    def replace(self, text: str) -> str:
        """`text` with every finding named, line by line: an output comes in pieces of any size.

        Of a pattern with a group only what the first group found is replaced.
        """
        return "\n".join(self._in_line(line) for line in text.split("\n"))

    def _in_line(self, line: str) -> str:
        for name, pattern in self.patterns:
            line = pattern.sub(lambda found, name=name: _named(found, name), line)  # type: ignore[misc]
        return line


def _named(found: re.Match[str], name: str) -> str:
    if not found.re.groups or found.start(1) < 0:
        return name
    start, end = found.start(1) - found.start(), found.end(1) - found.start()
    return f"{found[0][:start]}{name}{found[0][end:]}"
