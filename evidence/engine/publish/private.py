"""Pages that show a secret: they are published, so each is its author's mistake.

A cited source file is shown all the same, with what looks like a secret blotted out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from evidence.engine.mistakes import Mistake, Place


def secret_in(text: str, file: str, patterns: Iterable[str]) -> Mistake | None:
    """The first secret by its shape (regular expressions), or nothing."""
    shapes = [re.compile(pattern) for pattern in patterns]
    for number, line in enumerate(text.split("\n"), start=1):
        if any(shape.search(line) for shape in shapes):
            return Mistake(
                Place(file, number),
                "holds what looks like a secret ([tool.evidence.redact] patterns), and pages are "
                "published; take it out",
            )
    return None
