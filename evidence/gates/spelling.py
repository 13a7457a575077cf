"""Gate: "canceled" has one spelling in this repository, in texts and in file names.

The other spelling is built from parts, so that this guard does not contain what it looks for.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

WRONG = re.compile("cancel" + "l" + "(?:ed|ing|er|ers|able)", re.IGNORECASE)


def main() -> int:
    """Exit code 1 and one `file:line` for each occurrence, 0 when there is none."""
    names = files()
    found = [line for name in names for line in occurrences(Path(name), name)]
    for line in found:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"spelling: {len(names)} files read, {len(found)} wrong spellings\n")
    return 1 if found else 0


def files() -> list[str]:
    """Every file git tracks and every new one it does not ignore, sorted."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=True,
    ).stdout.decode()
    return sorted({name for name in listed.split("\0") if name and Path(name).is_file()})


def occurrences(path: Path, name: str) -> list[str]:
    """One sentence for each wrong spelling in a file's name and text; binary files are skipped."""
    found = [f"{name}  the file's name is misspelled; use canceled"] if WRONG.search(name) else []
    content = path.read_bytes()
    if b"\0" in content:
        return found
    lines = content.decode("utf-8", "replace").splitlines()
    return found + [
        f"{name}:{number}  wrong spelling found; use canceled"
        for number, line in enumerate(lines, start=1)
        if WRONG.search(line)
    ]


if __name__ == "__main__":
    sys.exit(main())
