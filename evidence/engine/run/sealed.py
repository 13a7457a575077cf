"""What was found before and may count again: written with a digest of each file and a MAC.

The MAC's key lies beside, readable by its owner alone: whoever edits a recorded result and works
out its digests anew still has no key that this machine's owner did not give away. It is no
signature for others; a buyer's is made elsewhere, and a release reuses nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evidence.engine.project import Project
from evidence.engine.run.inputs import differing

_FORMAT = 1
_KEY_BYTES = 32
_BLOCK_BYTES = 1024 * 1024


class Refused(Exception):
    """Why what was found before does not count now; the sentence is for people."""


class NothingBefore(Refused):
    """There is nothing yet."""

    def __init__(self) -> None:
        super().__init__("nothing was found before")


class Tampered(Refused):
    """It was changed since it was written."""


@dataclass(frozen=True)
class Seal:
    """Of one folder: the inputs it came from, and who may vouch for it."""

    file: Path
    folder: Path


def results_seal(project: Project) -> Seal:
    return Seal(project.work / "sealed-results.json", project.work / "results")


def build_seal(project: Project) -> Seal:
    return Seal(project.work / "sealed-build.json", project.build)


def close(
    project: Project, seal: Seal, inputs: Mapping[str, str], note: Mapping[str, Any] | None = None
) -> None:
    """Write down what the folder holds now and from which inputs it came, and `note` with it."""
    body = {
        "format": _FORMAT,
        "inputs": dict(inputs),
        "note": dict(note or {}),
        "files": _files(seal.folder),
    }
    told = {**body, "mac": _mac(project, body)}
    beside = seal.file.with_suffix(".new")
    beside.write_text(json.dumps(told, indent=1) + "\n", "utf-8", newline="\n")
    beside.replace(seal.file)


def check(project: Project, seal: Seal, inputs: Mapping[str, str]) -> None:
    """Raises Refused unless the folder came from these inputs, Tampered unless it is unchanged."""
    told = _vouched(project, seal)
    if other := differing(told["inputs"], inputs):
        raise Refused(f"{', '.join(other)} changed")
    check_unedited(project, seal)


def check_unedited(project: Project, seal: Seal) -> None:
    """Raises Refused when there is nothing, Tampered unless the folder is what was written."""
    told = _vouched(project, seal)
    if not seal.folder.exists():
        raise NothingBefore
    held = _files(seal.folder)
    if other := differing(told["files"], held):
        raise Tampered(
            f"{seal.folder.name}/{other[0]}: was changed since it was written, so it does not count"
        )


def note_of(project: Project, seal: Seal) -> dict[str, Any]:
    """What was written with the seal. Raises Refused without one, Tampered when it was changed."""
    return dict(_vouched(project, seal)["note"])


def break_seal(seal: Seal) -> None:
    """What the folder holds counts no more."""
    seal.file.unlink(missing_ok=True)


def _vouched(project: Project, seal: Seal) -> dict[str, Any]:
    told = _read(seal.file)
    mac = str(told.pop("mac", ""))
    if not hmac.compare_digest(mac, _mac(project, told)):
        raise Tampered(f"{seal.file.name}: was changed since it was written, so it does not count")
    return told


def _read(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise NothingBefore from error
    except (OSError, ValueError) as error:
        raise Tampered(f"{file.name}: cannot be read ({error}), so it does not count") from error
    if not isinstance(told, dict) or told.get("format") != _FORMAT:
        raise Refused("another version of the engine wrote it")
    return told


def _files(folder: Path) -> dict[str, str]:
    root = folder.resolve()
    return {
        path.relative_to(root).as_posix(): _digest(path)
        for path in sorted(root.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def _digest(path: Path) -> str:
    if path.is_symlink():
        return f"link {path.readlink()}"
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _mac(project: Project, body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True).encode("ascii")
    return hmac.new(_key(project.work / "seal.key"), text, hashlib.sha256).hexdigest()


def _key(file: Path) -> bytes:
    """This clone's own, made when it is first needed."""
    try:
        found = file.read_bytes()
    except FileNotFoundError:
        found = b""
    if len(found) == _KEY_BYTES:
        return found
    made = secrets.token_bytes(_KEY_BYTES)
    beside = file.with_suffix(".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(made)
    beside.replace(file)
    return made
