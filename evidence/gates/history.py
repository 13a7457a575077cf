"""Gate: no version of any file, in any commit of this clone, ever held what looks like a secret.

Removing a secret from the newest commit removes it for nobody who has the repository. A shallow
clone has not the whole history, so there the gate says "not run" (exit code 77).
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from evidence.gates.hygiene import SECRETS

NOT_RUN = 77
# Looked at by a person: made up for a test, and never a key to anything. History is not rewritten
# for them; tests since write such a thing in two parts.
MADE_UP = {
    "d4503a35b853dc93d75ccc3ab9e4116e55bcf054": "a hostile request id of a log test",
    "3c5c1bdad5e1b2f7282d570690c4b717ee71b770": "what a gate prints in a redaction test",
    "e3221396c69b24cb4afcffe41587597e76eb7ed0": "the same test, one commit later",
}


def main() -> int:
    """Exit code 1 and a line for each blob that holds a secret, 0 when none does."""
    if _git("rev-parse", "--is-shallow-repository").strip() == b"true":
        _say("not run: this clone is shallow; fetch the whole history: git fetch --unshallow")
        return NOT_RUN
    names = _names()
    wrong = 0
    for blob, content in _contents(list(names)):
        for found in SECRETS.finditer(content):
            if blob in MADE_UP:
                _say(f"made up  {names[blob]} in blob {blob[:12]}: {MADE_UP[blob]}")
                continue
            wrong += 1
            line = content.count(b"\n", 0, found.start()) + 1
            _say(f"WRONG  {names[blob]}:{line} in blob {blob[:12]}: what looks like a secret")
    commits = _git("rev-list", "--count", "HEAD").strip().decode()
    _say(f"history: {commits} commits, {len(names):,} versions of files, {wrong} secrets")
    return 1 if wrong else 0


def _names() -> dict[str, str]:
    """Every blob that can be reached from this commit, with one path that it had."""
    lines = _git("rev-list", "--objects", "HEAD").decode(errors="replace").splitlines()
    paths = dict(line.split(" ", 1) for line in lines if " " in line)
    kinds = _git(
        "cat-file", "--batch-check=%(objectname) %(objecttype)", stdin="\n".join(paths).encode()
    )
    blobs = {line.split()[0] for line in kinds.decode().splitlines() if line.endswith(" blob")}
    return {name: path for name, path in paths.items() if name in blobs}


def _contents(blobs: list[str]) -> Iterator[tuple[str, bytes]]:
    """Each blob's bytes, by one process of git."""
    with subprocess.Popen(
        ["git", "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as git:
        assert git.stdin is not None  # noqa: S101 (asked for above)
        assert git.stdout is not None  # noqa: S101
        for blob in blobs:
            git.stdin.write(f"{blob}\n".encode())
            git.stdin.flush()
            size = int(git.stdout.readline().split()[2])
            yield blob, git.stdout.read(size)
            git.stdout.read(1)
        git.stdin.close()


def _git(*arguments: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["git", *arguments], input=stdin, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"history: git {arguments[0]} failed: {done.stderr.decode().strip()}")
    return done.stdout


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
