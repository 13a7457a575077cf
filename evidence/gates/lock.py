"""Gate: the locked requirements are what `pyproject.toml` asks for, pinned and hashed.

Two parts. Always: each package is pinned with hashes and no address stands in the files. When a
package index can be reached: resolving again, with today's pins preferred, changes nothing.
Without an index the second part cannot run, and the gate says "not run" (exit code 77).
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_LIKE_THE_WHOLE = ["--constraints", "requirements/lock.txt"]
# Each lock, what it is resolved from, and the options that go with it. What the shop's images
# hold has the versions of the whole lock, which is therefore resolved first.
LOCKS = {
    "requirements/lock.txt": ("pyproject.toml", ["--group", "evidence", "--group", "dev"]),
    "requirements/shop.txt": ("pyproject.toml", _LIKE_THE_WHOLE),
    "requirements/tests.txt": ("pyproject.toml", ["--group", "tests", *_LIKE_THE_WHOLE]),
    "requirements/backups.txt": ("pyproject.toml", ["--group", "backups", *_LIKE_THE_WHOLE]),
    "requirements/installer.txt": ("requirements/installer.in", []),
    "requirements/compose.txt": ("requirements/compose.in", []),
}
OPTIONS = [
    *("--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-header", "--system-certs"),
]
UNREACHABLE = re.compile(r"error sending request|failed to fetch|dns error|connect", re.IGNORECASE)
NOT_RUN = 77
ADDRESS = re.compile(r"://|--index-url|--extra-index-url|--find-links")


def main() -> int:
    """Exit code 0 when up to date, 1 when not, 77 when no package index could be reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the locks instead of checking")
    if parser.parse_args().write:
        return max(_resolve(lock, Path(lock)) for lock in LOCKS)
    wrong = [line for lock in LOCKS for line in _unsafe(Path(lock))]
    for line in wrong:
        sys.stdout.write(f"{line}\n")
    return 1 if wrong else max(map(_compare, LOCKS))


def _unsafe(lock: Path) -> list[str]:
    text = lock.read_text("utf-8")
    wrong = [
        f"{lock}:{number}  an address or index option found; none expected"
        for number, line in enumerate(text.splitlines(), start=1)
        if ADDRESS.search(line)
    ]
    entries = re.split(r"\n(?=[A-Za-z0-9])", text)
    packages = [entry for entry in entries if re.match(r"[A-Za-z0-9]", entry)]
    loose = [entry for entry in packages if "==" not in entry or "--hash=sha256:" not in entry]
    wrong += [f"{lock}: {entry.split()[0]} is not pinned with a hash" for entry in loose]
    sys.stdout.write(f"{lock}: {len(packages)} packages, {len(loose)} without pin or hash\n")
    return wrong


def _compare(lock: str) -> int:
    source, _ = LOCKS[lock]
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "fresh.txt"
        shutil.copy(lock, fresh)
        ended = _resolve(lock, fresh)
        if ended != 0:
            return ended
        if fresh.read_bytes() == Path(lock).read_bytes():
            sys.stdout.write(f"{lock}: resolving {source} again changes nothing\n")
            return 0
    sys.stdout.write(f"{lock}: differs from what {source} asks for; run `make lock`\n")
    return 1


def _resolve(lock: str, target: Path) -> int:
    source, more = LOCKS[lock]
    uv = Path(sys.executable).parent / "uv"
    command = [str(uv), "pip", "compile", *OPTIONS, *more, source, "-o", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return 0
    sys.stdout.write(done.stderr)
    if UNREACHABLE.search(done.stderr):
        sys.stdout.write("no package index could be reached to resolve the requirements again\n")
        return NOT_RUN
    sys.stdout.write(f"{source}: cannot be resolved for every supported Python\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
