"""Stripe's own command line, found or installed: pinned, by npm, into this clone's `.local/`.

`requirements/stripe-cli/package-lock.json` holds the version and a hash of each package, which npm
compares before it unpacks one. Nothing of it runs while it is installed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from evidence.gates.unreachable import why_unreachable

ROOT = Path(__file__).resolve().parent.parent.parent
PINNED = ROOT / "requirements" / "stripe-cli"
FOLDER = ROOT / ".local" / "stripe-cli"
_FILES = ("package.json", "package-lock.json")
# npm would wait for over a minute before it says that nobody can be reached.
_SOON = ("--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=4000")
_TIMEOUT_S = 120


class NotHere(Exception):
    """There is no command line on this machine; the message says why."""


def find() -> str:
    """The program: the one that STRIPE_CLI names, else the pinned one, else one on PATH."""
    named = os.environ.get("STRIPE_CLI", "")
    if named:
        return shutil.which(named) or _refuse(f"STRIPE_CLI names {named}, which is no program")
    try:
        return _pinned()
    except NotHere as why:
        return shutil.which("stripe") or _refuse(str(why))


def _pinned() -> str:
    """Installed once; again when what is pinned has changed."""
    npm = shutil.which("npm")
    if npm is None:
        raise NotHere("the Stripe CLI is not installed, and there is no npm to install it with")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_current() or not _program():
            _install(npm)
    return _program() or _refuse("npm brought no Stripe CLI for this kind of machine")


def _is_current() -> bool:
    return all(
        (FOLDER / name).is_file() and (FOLDER / name).read_bytes() == (PINNED / name).read_bytes()
        for name in _FILES
    )


def _install(npm: str) -> None:
    for name in _FILES:
        shutil.copyfile(PINNED / name, FOLDER / name)
    # Not by --prefix: with it npm forgets the machine's settings, and with them whom it trusts.
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", *_SOON]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False, cwd=FOLDER
        )
    except subprocess.TimeoutExpired as slow:
        (FOLDER / "package.json").unlink()
        raise NotHere(f"npm did not bring the Stripe CLI within {_TIMEOUT_S} s") from slow
    if done.returncode:
        # So that the next run does not take a half for the whole.
        (FOLDER / "package.json").unlink()
        why = why_unreachable(done.stderr)
        raise NotHere(f"npm could not bring the Stripe CLI from its registry: {why}")


def _program() -> str:
    """The program itself: it needs no Node to run."""
    found = FOLDER.glob("node_modules/@stripe/cli-*/bin/stripe*")
    return next((str(path) for path in found if os.access(path, os.X_OK)), "")


def _refuse(why: str) -> str:
    raise NotHere(why)
