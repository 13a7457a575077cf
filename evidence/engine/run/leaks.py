"""Whether a secret came through into what will be recorded."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from evidence.engine.run.secrets import Canary

_BLOCK_BYTES = 1024 * 1024
_NEXT_STEP = "what is recorded is published, so keep secrets out of it"


def leak_in_bytes(data: bytes, where: str, canary: Canary) -> str:
    """A sentence naming the place, or nothing."""
    how = canary.found_in(data)
    if not how:
        return ""
    return (
        f"the planted secret came through {how} in {where}, line {canary.line_in(data)}; "
        f"{_NEXT_STEP}"
    )


def leak_in_file(path: Path, where: str, canary: Canary, secrets: frozenset[str]) -> str:
    """The same for a file of any size; looks into the members of a ZIP as well."""
    with path.open("rb") as file:
        if found := _leak_in_stream(file, where, canary, secrets):
            return found
    if not zipfile.is_zipfile(path):
        return ""
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    if found := _leak_in_stream(member, f"{where} ({name})", canary, secrets):
                        return found
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return f"{where} is a ZIP that cannot be looked into; write one without a password"
    return ""


def _leak_in_stream(stream: IO[bytes], where: str, canary: Canary, secrets: frozenset[str]) -> str:
    values = [value.encode() for value in secrets]
    overlap = max([canary.longest, *map(len, values)])
    for block in _blocks(stream, overlap):
        if how := canary.found_in(block):
            return f"the planted secret came through {how} in {where}; {_NEXT_STEP}"
        if any(value in block for value in values):
            return f"the value of a secret variable stands in {where}; {_NEXT_STEP}"
    return ""


def _blocks(stream: IO[bytes], overlap: int) -> Iterator[bytes]:
    """Blocks that share `overlap` bytes with the one before."""
    before = b""
    while data := stream.read(_BLOCK_BYTES):
        block = before + data
        yield block
        before = block[-overlap:]
