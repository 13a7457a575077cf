"""Which cited files nobody else has: git ignores them, git keeps them, or the engine made them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from evidence.engine.git import ask_git
from evidence.engine.mistakes import CannotRun
from evidence.engine.project import Project

_SUBMODULE = "160000"


def not_shared(project: Project, paths: Iterable[str]) -> dict[str, str]:
    """Each of these existing paths, relative to the root, that is in no clone, and why.

    Git is asked about all of them at once. Without git or a checkout nothing is known to be
    ignored.
    """
    real = {path: _real(project.root, path) for path in paths}
    found = {path: why for path, at in real.items() if (why := _made(project, at))}
    left = {path: at for path, at in real.items() if path not in found}
    ignored = _ignored(project.root, set(left.values()))
    found.update(
        (path, "git ignores it, so nobody else has it; cite a file that git tracks")
        for path, at in left.items()
        if at in ignored
    )
    return found


def _real(root: Path, path: str) -> str:
    """Where the file lies once links are followed: git refuses to look behind a link."""
    return os.path.relpath(os.path.realpath(root / path), os.path.realpath(root))


def _made(project: Project, path: str) -> str:
    if PurePosixPath(path).parts[0] == ".git":
        return "it is git's own, so nobody else has it; cite a file that git tracks"
    if any((project.root / path).is_relative_to(folder) for folder in project.output):
        return "the engine made it, so it proves nothing; cite a file that people wrote"
    return ""


def _ignored(root: Path, paths: set[str]) -> frozenset[str]:
    try:
        unknown = sorted(paths - _tracked(root, paths))
        # A tracked file is never ignored, so mostly nothing is left to ask.
        answer = ask_git(root, "check-ignore", "-z", "--stdin", stdin="\0".join(unknown))
    except CannotRun:
        return frozenset()
    return frozenset(answer.stdout.split("\0"))


def _tracked(root: Path, paths: set[str]) -> set[str]:
    """Those of the paths that git tracks, itself or in a submodule."""
    modules: list[str] = []
    tracked: set[str] = set()
    for mode, path in _entries(ask_git(root, "ls-files", "-z", "--stage").stdout):
        if mode == _SUBMODULE:
            modules.append(f"{path}/")
        else:
            tracked.add(path)
    return {path for path in paths if path in tracked or path.startswith(tuple(modules))}


def _entries(listed: str) -> Iterator[tuple[str, str]]:
    """Mode and path of each line `mode object stage<TAB>path`."""
    for entry in listed.split("\0"):
        about, tab, path = entry.partition("\t")
        if tab:
            yield about.partition(" ")[0], path
