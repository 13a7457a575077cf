"""What must not be recorded: which values are secret, how they may be written, how to blot them
out, and whether a planted one came through."""

from __future__ import annotations

import base64
import fnmatch
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from evidence.engine.mistakes import CannotRun
from evidence.engine.run.terminal import show_hidden

CANARY_NAME = "EVIDENCE_CANARY_SECRET"
REDACTED = "<redacted>"
_SHORTEST = 6  # Characters; shorter values are words that appear everywhere.
_LONGEST_SHAPE = 16 * 1024  # Characters of a secret known only by its shape.


def plant_canary() -> str:
    """A fresh secret that only the gate's environment holds."""
    return "canary" + secrets.token_hex(16)


def secret_values(names: Iterable[str], *environments: Mapping[str, str]) -> frozenset[str]:
    """The values of variables whose names match the fnmatch patterns, worth redacting."""
    patterns = [name.upper() for name in names]
    return frozenset(
        value
        for environment in environments
        for name, value in environment.items()
        if len(value) >= _SHORTEST
        and any(fnmatch.fnmatchcase(name.upper(), pattern) for pattern in patterns)
    )


@dataclass(frozen=True)
class Redactor:
    """Blots out known values (as they are, JSON-escaped or quoted) and shapes, line by line."""

    literals: tuple[str, ...]
    shapes: tuple[re.Pattern[str], ...]
    known: re.Pattern[str]

    @staticmethod
    def of(values: Iterable[str], shapes: Iterable[str] = ()) -> Redactor:
        """Raises CannotRun when a shape is no regular expression."""
        written = {form for value in values for form in _forms(value)}
        literals = tuple(sorted(written, key=lambda form: (-len(form), form)))
        known = re.compile("|".join(map(re.escape, literals)) or r"(?!)")
        return Redactor(literals=literals, shapes=tuple(map(_shape, shapes)), known=known)

    @property
    def reach(self) -> int:
        """How many characters two windows of a long line must share."""
        return max([_LONGEST_SHAPE, *(2 * len(literal) for literal in self.literals)])

    def redact(self, text: str) -> tuple[str, int]:
        """The text without secrets, and how many were taken out."""
        count = 0
        if any(literal in text for literal in self.literals):
            text, count = self.known.subn(REDACTED, text)
        for shape in self.shapes:
            if shape.search(text):
                text, found = _redact_lines(shape, text)
                count += found
        return text, count

    def cut_before(self, text: str, at: int) -> int:
        """The last place up to `at` where the text can be cut without cutting a secret."""
        cut = at
        for pattern in (self.known, *self.shapes):
            ends_later = (match for match in pattern.finditer(text) if match.end() > cut)
            cut = min([cut, *(match.start() for match in ends_later)])
        return cut


@dataclass(frozen=True)
class Canary:
    """A planted secret and every way it is recognised again."""

    value: str

    def found_in(self, data: bytes) -> str:
        """How it is written in `data` ("as it is", "in base64", …), or nothing."""
        return next(
            (how for how, forms in self._written() if any(form in data for form in forms)), ""
        )

    def line_in(self, data: bytes) -> int:
        """The 1-based line of its first appearance."""
        before = (data.partition(form)[0] for _, forms in self._written() for form in forms)
        return min(before, key=len).count(b"\n") + 1

    @property
    def longest(self) -> int:
        """Bytes of its longest form: how much two blocks of a file must share."""
        return max(len(form) for _, forms in self._written() for form in forms)

    def _written(self) -> tuple[tuple[str, tuple[bytes, ...]], ...]:
        raw = self.value.encode()
        return (
            ("as it is", (raw,)),
            ("in UTF-16", (self.value.encode("utf-16-le"), self.value.encode("utf-16-be"))),
            ("in hexadecimal", (raw.hex().encode(), raw.hex().upper().encode())),
            ("in base64", tuple(_base64_at(raw, offset) for offset in range(3))),
            ("in base32", (base64.b32encode(raw[: len(raw) // 5 * 5]),)),
            ("backwards", (raw[::-1],)),
        )


def _forms(value: str) -> set[str]:
    """How output may show the value. A value of several lines is known by each of its lines."""
    lines = [line for line in value.splitlines() if not line.startswith("-----")]
    pieces = [show_hidden(piece).strip() for piece in (value, *lines) if "\n" not in piece]
    return {
        form
        for piece in pieces
        if len(piece) >= _SHORTEST
        for form in (
            piece,
            json.dumps(piece)[1:-1],
            json.dumps(piece, ensure_ascii=False)[1:-1],
            repr(piece)[1:-1],
            quote(piece, safe=""),
            quote_plus(piece),
        )
    }


def _shape(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.MULTILINE)
    except re.error as error:
        raise CannotRun(
            f"pyproject.toml: [tool.evidence.redact] pattern {pattern!r} is no regular "
            f"expression ({error}); correct it"
        ) from error


def _redact_lines(shape: re.Pattern[str], text: str) -> tuple[str, int]:
    """By line, so that where a block of lines happened to end makes no difference."""
    count = 0

    def blot(match: re.Match[str]) -> str:
        nonlocal count
        if not match[0] or match[0] == REDACTED:
            return match[0]
        count += 1
        return REDACTED

    lines = [shape.sub(blot, line) for line in text.split("\n")]
    return "\n".join(lines), count


def _base64_at(raw: bytes, offset: int) -> bytes:
    """The characters of base64 that depend on `raw` alone when `offset` bytes stand before it."""
    whole = (offset + len(raw)) // 3 * 3 - offset
    return base64.b64encode(bytes(offset) + raw[:whole])[(0, 2, 3)[offset] :]
