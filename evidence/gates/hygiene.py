"""Gate: what must not ship is ignored, untracked, and absent from the reviewer's archive.

Git is asked, `.gitignore` is not read. The archive is made by `git archive` from the commit and
its members are listed and scanned, so the log shows exactly what a reviewer receives.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import zipfile
from fnmatch import fnmatch
from pathlib import Path

ARCHIVE = "purelaka_clean_share.zip"

# One path of each kind, at the top and below: git must ignore every one.
FORBIDDEN_PATHS = (
    ".env",
    "app/.env",
    ".env.production",
    "db.sqlite3",
    "app/db.sqlite3",
    "venv/bin/python",
    ".venv/bin/python",
    "app/venv/pyvenv.cfg",
    ".idea/workspace.xml",
    "app/.idea/modules.xml",
    ".ruff_cache/CACHEDIR.TAG",
    "app/.ruff_cache/x",
    "__pycache__/x.cpython-311.pyc",
    "app/orders/__pycache__/models.cpython-312.pyc",
    "build/site/index.html",
    ".local/postgres/data-15/PG_VERSION",
)
FORBIDDEN_PARTS = frozenset(
    {".env", "venv", ".venv", ".idea", ".vscode", ".ruff_cache", "__pycache__"}
)
FORBIDDEN_NAMES = ("*.sqlite3", "*.pyc", "*.log", ".env.*", "*.pem", "*.key", ".DS_Store")
ALLOWED_NAMES = frozenset({".env.example"})
SECRETS = re.compile(
    rb"(?:sk|rk)_live_[0-9A-Za-z]{10,}|whsec_[0-9a-f]{32,}|AKIA[0-9A-Z]{16}"
    rb"|-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----"
)
LARGEST_BYTES = 1024 * 1024


def main() -> int:
    """Exit code 1 and a line for each thing that must not ship, else 0 and the archive's list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the archive")
    folder: Path = parser.parse_args().out
    wrong = [*_not_ignored(), *_tracked()]
    archive = folder / ARCHIVE
    _git("archive", "--format=zip", f"--output={archive}", "HEAD")
    wrong += _inside(archive)
    for line in wrong:
        _say(f"WRONG  {line}")
    _say(f"hygiene: {len(FORBIDDEN_PATHS)} forbidden paths asked, {len(wrong)} things wrong")
    return 1 if wrong else 0


def _not_ignored() -> list[str]:
    asked = {path: _as_git_sees(path) for path in FORBIDDEN_PATHS}
    stdin = "\0".join(dict.fromkeys(asked.values()))
    answer = set(_git("check-ignore", "--no-index", "-z", "--stdin", stdin=stdin).split("\0"))
    ignored = {path for path, seen in asked.items() if seen in answer}
    for path in FORBIDDEN_PATHS:
        _say(f"{'ignored' if path in ignored else 'NOT IGNORED'}  {path}")
    return [f"{path}: git would track it" for path in FORBIDDEN_PATHS if path not in ignored]


def _as_git_sees(path: str) -> str:
    """The path, or the symbolic link it leads through (`build` is one after a build): git tracks
    the link and nothing beyond it, and refuses to be asked."""
    folders = [parent for parent in reversed(Path(path).parents) if parent.is_symlink()]
    return folders[0].as_posix() if folders else path


def _tracked() -> list[str]:
    names = _git("ls-files", "-z").split("\0")
    return [f"{name}: tracked by git" for name in names if name and _forbidden(name)]


def _forbidden(name: str) -> bool:
    parts = name.split("/")
    if parts[-1] in ALLOWED_NAMES:
        return False
    return bool(FORBIDDEN_PARTS.intersection(parts)) or any(
        fnmatch(parts[-1], pattern) for pattern in FORBIDDEN_NAMES
    )


def _inside(archive: Path) -> list[str]:
    wrong: list[str] = []
    with zipfile.ZipFile(archive) as members:
        for member in members.infolist():
            if member.is_dir():
                continue
            _say(f"{member.file_size:>8}  {member.filename}")
            if _forbidden(member.filename):
                wrong.append(f"{member.filename}: in the archive")
            if member.file_size > LARGEST_BYTES:
                wrong.append(f"{member.filename}: {member.file_size} bytes, 1 MiB at most")
            if SECRETS.search(members.read(member)):
                wrong.append(f"{member.filename}: holds what looks like a secret")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    _say(f"{archive.name}  {archive.stat().st_size} bytes  sha256 {digest}")
    return wrong


def _git(*arguments: str, stdin: str | None = None) -> str:
    done = subprocess.run(
        ["git", *arguments], input=stdin, capture_output=True, text=True, check=False
    )
    # check-ignore says 1 for "none of them", which is an answer and not an error.
    if done.returncode > 1 or (done.returncode == 1 and arguments[0] != "check-ignore"):
        sys.exit(f"hygiene: git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
