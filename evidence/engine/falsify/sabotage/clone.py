"""A throwaway copy of the project, with a git of its own, that is broken and mended again.

The project's own git is only read: the copy borrows its objects, so nothing is left behind in it
however the copy ends.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from evidence.engine.git import ask_git
from evidence.engine.mistakes import CannotRun
from evidence.engine.project import Project

_BASE = "sabotage-base"
# The caller's settings may ask for signatures, hooks or other line ends; the copy must not.
_SETTINGS = (
    *("-c", "user.name=Sabotage", "-c", "user.email=sabotage@localhost"),
    *("-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null"),
    *("-c", "core.autocrlf=false", "-c", "advice.detachedHead=false", "-c", "gc.auto=0"),
    *("-c", "core.fsync=none"),
)
_CLEAN = ("clean", "-f", "-f", "-d", "-x", "--quiet")
_ENDING_S, _PAUSE_S = 30.0, 0.1


class DoesNotApply(Exception):
    """The patch does not fit the files as they are; the message is what git says."""


@dataclass(frozen=True)
class Clone:
    """`top` is the copy of the checkout, `root` the project's folder in it. `shared` are places in
    the copy, each with the folder of the project that it links to."""

    top: Path
    root: Path
    shared: tuple[tuple[Path, Path], ...] = ()

    def break_(self, diff: str) -> None:
        """Applies and commits the diff, so that gates which ask git see it. Raises DoesNotApply."""
        said = self._git("apply", "--index", "--whitespace=nowarn", "-", stdin=diff, check=False)
        if said.returncode:
            raise DoesNotApply(_plain(said.stderr))
        self._git("commit", "--quiet", "--no-verify", "--message", "Break one promise")

    def mend(self) -> None:
        """As it was copied, whatever was done to it since."""
        self._git("reset", "--hard", "--quiet", _BASE)
        # What the tests started may still be ending, and its files go while git walks over them.
        until = time.monotonic() + _ENDING_S
        while self._git(*_CLEAN, check=time.monotonic() > until).returncode:
            time.sleep(_PAUSE_S)
        self.link()

    def link(self) -> None:
        """The shared folders, as far as they are there and no copy of them came along."""
        for place, folder in self.shared:
            if folder.is_dir() and not os.path.lexists(place):
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(folder)

    def _git(
        self, *arguments: str, stdin: str = "", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        done = ask_git(self.root, *_SETTINGS, *arguments, stdin=stdin)
        if check and done.returncode:
            raise CannotRun(
                f"git {arguments[0]} in a copy of the project: {_plain(done.stderr) or 'failed'}; "
                "make git work, then run again"
            )
        return done


def make_clone(project: Project, files: Iterable[str], at: Path) -> Clone:
    """A copy at `at` of these files of the project (paths from its root), changes included."""
    prefix = ask_git(project.root, "rev-parse", "--show-prefix").stdout.strip()
    top = ask_git(project.root, "rev-parse", "--show-toplevel").stdout.strip()
    at.parent.mkdir(parents=True, exist_ok=True)
    made = ask_git(at.parent, "clone", "--quiet", "--shared", "--no-checkout", top, str(at))
    if made.returncode:
        raise CannotRun(f"{project.root}: cannot be copied by git ({_plain(made.stderr)})")
    shared = tuple((at / prefix / each, project.root / each) for each in project.share)
    clone = Clone(at, at / prefix, shared)
    whole = Clone(at, at)
    whole._git("reset", "--hard", "--quiet")
    _copy_changed(project.root, clone.root, files)
    clone._git("add", "--all", "--force")
    clone._git("commit", "--quiet", "--allow-empty", "--no-verify", "--message", "As it stands")
    clone._git("tag", "--force", _BASE)
    clone.link()
    return clone


def _copy_changed(source: Path, target: Path, files: Iterable[str]) -> None:
    """What is not committed comes along, and what was deleted goes."""
    for path in files:
        there, here = source / path, target / path
        if not (there.is_symlink() or there.is_file()):
            here.unlink(missing_ok=True)
        elif there.is_symlink() or not here.is_file() or not _same(there, here):
            here.parent.mkdir(parents=True, exist_ok=True)
            here.unlink(missing_ok=True)
            shutil.copy2(there, here, follow_symlinks=False)


def _same(one: Path, other: Path) -> bool:
    return one.stat().st_mode == other.stat().st_mode and one.read_bytes() == other.read_bytes()


def _plain(said: str) -> str:
    return " ".join(said.replace("error: ", "").split())
