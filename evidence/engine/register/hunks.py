"""Whether a diff still fits the files as they are, without applying it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

_NOWHERE = "/dev/null"


@dataclass
class Hunk:
    """One passage of one file. `line` is where it begins in the diff, from 1; `before` are the
    lines that have to stand in the file. `path` is empty when the file is yet to be made."""

    path: str
    line: int
    before: list[str] = field(default_factory=list)

    def fits(self, root: Path) -> bool:
        """True when its lines stand in the file, one after the other, anywhere."""
        if not self.path or not self.before:
            return True
        try:
            text = (root / self.path).read_bytes().decode("utf-8", "replace")
        except (OSError, ValueError):
            return False
        passage = "\n".join(["", *self.before, ""])
        return passage in f"\n{text}\n"


def stale(diff: str, root: Path) -> str:
    """Why the diff no longer applies, in half a sentence; empty when it seems to."""
    for hunk in hunks(diff):
        if not hunk.fits(root):
            is_there = os.path.exists(root / hunk.path)  # noqa: PTH110 - of any name whatever
            return f"{hunk.path} {'has other lines by now' if is_there else 'is gone'}"
    return ""


def hunks(diff: str) -> Iterator[Hunk]:
    """Every passage of the diff."""
    path, current, left = "", None, 0
    for number, line in enumerate(diff.split("\n"), start=1):
        if left <= 0 and line.startswith("--- "):
            path = path_of(line[4:])
        elif line.startswith("@@ "):
            if current:
                yield current
            current, left = Hunk(path, number), _length(line)
        elif current and left > 0 and line[:1] in (" ", "-", ""):
            current.before.append(line[1:])
            left -= 1
    if current:
        yield current


def path_of(written: str) -> str:
    """`a/app/x.py` or `"b/na\\154me"` as a path; empty for /dev/null."""
    plain = unquoted(written.split("\t")[0].strip())
    return "" if plain == _NOWHERE else plain.partition("/")[2]


def unquoted(written: str) -> str:
    """Git's quoting: octal escapes between quotation marks."""
    if not written.startswith('"'):
        return written
    inner = (
        written.strip('"').encode("ascii", "backslashreplace").decode("unicode_escape", "replace")
    )
    return inner.encode("latin-1", "replace").decode("utf-8", "replace")


def leaves(path: str) -> bool:
    """True for a path that is not inside the project."""
    plain = PurePosixPath(path)
    return plain.is_absolute() or ".." in plain.parts


def _length(head: str) -> int:
    """How many lines of the old file a passage holds: `@@ -8,3 +8,3 @@`."""
    old = re.match(r"@@ -\d+(?:,(\d+))? ", head)
    return int(old[1] or 1) if old else 0
