"""A build's seal: its manifest and statements, signed by a process that imports nothing of ours.

Which key, if any, is named by a variable or in [tool.evidence]; what it is, is looked at before
any gate runs, so that nobody waits for minutes to hear of a key that cannot sign.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evidence.engine.mistakes import CannotRun
from evidence.engine.project import Project
from evidence.verify import REASONS, Refused, check_names

VARIABLE = "EVIDENCE_SIGNING_KEY"
UNSIGNED = f"unsigned: no key is named by {VARIABLE} or [tool.evidence] signing_key"
VERIFIER = Path(__file__).parents[2] / "verify.py"
_SIGNER = Path(__file__).parents[2] / "sign.py"
_PASSED = ("PATH", "HOME", "SSH_AUTH_SOCK", "TMPDIR")
_KINDS = ("(ED25519)", "(ED25519-SK)")


@dataclass(frozen=True)
class SigningKey:
    """A key of ssh: its file, and its fingerprint as `ssh-keygen -l` prints it."""

    file: Path
    fingerprint: str


def signing_key(project: Project, environ: Mapping[str, str] = os.environ) -> SigningKey | None:
    """The key that builds are to be signed with; none when none is named.

    Raises CannotRun when one is named and cannot sign.
    """
    named = environ.get(VARIABLE, "")
    where, name = (VARIABLE, named) if named else ("signing_key", project.signing_key)
    if not name:
        return None
    file = project.root / os.path.expanduser(name)  # noqa: PTH111 - says nothing of unknown users
    if not os.path.isfile(file):  # noqa: PTH113 - nor of names that no file can have
        raise CannotRun(f"{where}: {name} is no file, a key of ssh expected; name another")
    return SigningKey(file, _fingerprint(file, f"{where}: {name}"))


def seal(build: Path, key: SigningKey | None) -> None:
    """Writes manifest, statements and, with a key, signatures. Raises CannotRun when it cannot."""
    _check_names(build)
    command = [sys.executable, "-I", "-S", "-B", str(_SIGNER), str(build)]
    command += ["--key", str(key.file)] if key else []
    ended = subprocess.run(command, capture_output=True, text=True, env=_environment(), check=False)
    if ended.returncode:
        raise CannotRun(f"seal: {ended.stderr.strip() or 'failed'}; nothing was published")


def _check_names(build: Path) -> None:
    """The verifier's own rules, so that nothing is published that it would refuse."""
    files = (path for path in build.rglob("*") if path.is_file())
    try:
        check_names([path.relative_to(build).as_posix() for path in files])
    except Refused as error:
        raise CannotRun(
            f"seal: {error}: {REASONS[error.code][1]}; rename it; nothing was published"
        ) from error


def signed_by(key: SigningKey | None) -> str:
    """For people: the key, or that there is none."""
    return f"signed with key {key.fingerprint}" if key else UNSIGNED


def _fingerprint(file: Path, told: str) -> str:
    try:
        ended = subprocess.run(
            ["ssh-keygen", "-l", "-f", str(file)],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except FileNotFoundError as error:
        raise CannotRun(
            f"{told} cannot sign without ssh-keygen; install OpenSSH 8.2 or later, or name no key"
        ) from error
    words = ended.stdout.split()
    if ended.returncode or len(words) < 3:
        raise CannotRun(f"{told} is no key of ssh; make one with ssh-keygen -t ed25519")
    if words[-1] not in _KINDS:
        raise CannotRun(
            f"{told} is a key of kind {words[-1].strip('()')}, Ed25519 expected; make one with "
            "ssh-keygen -t ed25519"
        )
    return words[1]


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _PASSED if name in os.environ}
