"""The last build as one ZIP, the same bytes wherever and whenever it is packed."""

from __future__ import annotations

import errno
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from evidence.engine.git import ask_git
from evidence.engine.mistakes import CannotRun
from evidence.engine.project import Project
from evidence.verify import is_bomb

_LEVEL = 9
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # ZIP knows no time before.
_PLAIN_FILE = 0o100644 << 16
_UNIX = 3


def pack(project: Project, out: Path | None = None) -> tuple[Path, int]:
    """Write the ZIP whole and return its path and size in bytes.

    Without `out` it lies beside the builds. Raises CannotRun when there is no build yet, or
    nothing can be written there.
    """
    build = project.build.resolve()
    if not (build / "MANIFEST.sha256").is_file():
        raise CannotRun(
            f"{project.build.name}: no sealed build there; build first: python build_evidence.py"
        )
    name = re.sub(r"[^a-z0-9]+", "_", project.name.lower()).strip("_") or "project"
    target = out or project.store / f"{name}_evidence.zip"
    try:
        with _written_beside(target) as spare:
            _write(build, spare, _moment(project, build))
    except (OSError, ValueError) as error:
        number, why = getattr(error, "errno", None), getattr(error, "strerror", None) or error
        if number == errno.ENOSPC:
            raise  # Told as that, whoever meets it.
        raise CannotRun(
            f"{target}: cannot be written ({why}); name a file in a folder that you may write to"
        ) from error
    return target, target.stat().st_size


@contextmanager
def _written_beside(target: Path) -> Iterator[Path]:
    """Somewhere to write to, which takes the target's place once it is whole."""
    spare = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        yield spare
        spare.replace(target)
    finally:
        with suppress(OSError):
            spare.unlink(missing_ok=True)


def _write(build: Path, target: Path, moment: tuple[int, int, int, int, int, int]) -> None:
    files = sorted(path for path in build.rglob("*") if path.is_file())
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(files, key=lambda path: path.relative_to(build).as_posix().encode()):
            data = path.read_bytes()
            about = zipfile.ZipInfo(path.relative_to(build).as_posix(), moment)
            about.compress_type, about.external_attr = _packing(data), _PLAIN_FILE
            about.create_system = _UNIX
            archive.writestr(about, data, compresslevel=_LEVEL)


def _packing(data: bytes) -> int:
    """Deflated, unless the verifier would take what came out of it for a bomb."""
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed_bytes = len(deflate.compress(data) + deflate.flush())
    return zipfile.ZIP_STORED if is_bomb(len(data), packed_bytes) else zipfile.ZIP_DEFLATED


def _moment(project: Project, build: Path) -> tuple[int, int, int, int, int, int]:
    """When the build's commit was made, so that no clock of this machine is in the ZIP."""
    commit = re.search(r'"commit": "([0-9a-f]{40})"', (build / "site/evidence.json").read_text())
    answer = ask_git(project.root, "show", "-s", "--format=%ct", commit[1] if commit else "HEAD")
    if answer.returncode or not answer.stdout.strip().isdecimal():
        return _EARLIEST
    at = datetime.fromtimestamp(int(answer.stdout), UTC)
    return max((at.year, at.month, at.day, at.hour, at.minute, at.second), _EARLIEST)
