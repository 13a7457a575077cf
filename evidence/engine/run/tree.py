"""The state of the project's files, as git sees them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from evidence.engine.git import ask_git
from evidence.engine.mistakes import CannotRun
from evidence.engine.project import Project
from evidence.engine.run.model import Tree

_BLOCK_BYTES = 1024 * 1024
_FOLDER = "folder "


def read_tree(project: Project) -> Tree:
    """Raises CannotRun when the root is no git checkout, has no commit, or git is missing."""
    return tree_of(project, read_files(project))


def tree_of(project: Project, files: dict[str, str]) -> Tree:
    """The tree whose files were read before."""
    commit, committed_at = _last_commit(project)
    digest = hashlib.sha256()
    for path in sorted(files):
        if not _within(path, project, project.pages):
            digest.update(f"{path}\0{files[path]}\n".encode("utf-8", "surrogateescape"))
    return Tree(
        commit=commit,
        dirty=_is_dirty(project),
        committed_at=committed_at,
        fingerprint=digest.hexdigest(),
    )


def read_files(project: Project) -> dict[str, str]:
    """Each tracked or untracked, not ignored file under the root, with a digest of its content.

    Paths are relative to the root. The engine's own output is never among them.
    """
    _last_commit(project)
    _refuse_tracked_output(project)
    listed = _git(project, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return {path: _digest(project.root / path) for path in _ours(project, listed)}


def _refuse_tracked_output(project: Project) -> None:
    """Raise CannotRun when the engine would write over files that git tracks.

    The link `build` itself may be tracked: it says nothing.
    """
    tracked = _git(project, "ls-files", "-z", "--cached").split("\0")
    for folder in project.output:
        held = [path for path in tracked if path and _within(path, project, folder)]
        name = folder.relative_to(project.root).as_posix()
        if [path for path in held if path != name]:
            raise CannotRun(
                f"{name}: holds {len(held)} files that git tracks, such as {held[0]}, and the "
                f"engine writes there; name another folder in [tool.evidence], or run "
                f"`git rm -r --cached {name}` if a build was committed"
            )


def overlooked(project: Project) -> list[str]:
    """Files that git was told to pass over: whatever they hold, it says that nothing changed."""
    listed = _git(project, "ls-files", "-v", "-z").split("\0")
    tagged = (entry.partition(" ") for entry in listed)
    return _ours(project, "\0".join(path for tag, _, path in tagged if tag.islower() or tag == "S"))


def repositories_within(files: Mapping[str, str]) -> list[str]:
    """Of files that were read: submodules, and other repositories that stand in this one."""
    return [path for path, digest in files.items() if digest.startswith(_FOLDER)]


def changed_files(before: dict[str, str], after: dict[str, str]) -> tuple[str, ...]:
    """Paths that came, went or differ."""
    return tuple(
        sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    )


def _last_commit(project: Project) -> tuple[str, int]:
    if not _succeeds(project, "rev-parse", "--git-dir"):
        raise CannotRun(_no_checkout(project))
    if not _succeeds(project, "rev-parse", "--verify", "--quiet", "HEAD^{commit}"):
        raise CannotRun(
            f"{project.root}: no commit yet, and evidence names the commit it is about; "
            "commit your files, then run again"
        )
    commit, committed_at = _git(project, "log", "-1", "--format=%H %ct").split()
    return commit, int(committed_at)


def _no_checkout(project: Project) -> str:
    said = ask_git(project.root, "rev-parse", "--git-dir").stderr.strip()
    if "dubious ownership" in said:
        return (
            f"{project.root}: belongs to another user, so git refuses to read it; run "
            f"`git config --global --add safe.directory {project.root}`, then run again"
        )
    return (
        f"{project.root}: no git checkout, and evidence names the commit it is about; "
        "run `git init`, commit your files, then run again"
    )


def _is_dirty(project: Project) -> bool:
    changed = _git(project, "diff", "--name-only", "--relative", "--no-ext-diff", "-z", "HEAD")
    untracked = _git(project, "ls-files", "-z", "--others", "--exclude-standard")
    return bool(_ours(project, changed + untracked) or overlooked(project))


def _ours(project: Project, listed: str) -> list[str]:
    """The paths of a NUL-separated list, without the engine's output."""
    return sorted(
        {
            path
            for path in listed.split("\0")
            if path and not any(_within(path, project, folder) for folder in project.output)
        }
    )


def _within(path: str, project: Project, folder: Path | None) -> bool:
    return folder is not None and (project.root / path).is_relative_to(folder)


def _digest(path: Path) -> str:
    """Content and kind; `gone` for a tracked file that is not there."""
    if path.is_symlink():
        return "link " + hashlib.sha256(os.fsencode(path.readlink())).hexdigest()
    if path.is_dir():
        return _FOLDER + _digest_of_all(path)
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
            kind = "program " if os.fstat(file.fileno()).st_mode & 0o100 else "file "
    except FileNotFoundError:
        return "gone"
    except PermissionError as error:
        raise CannotRun(f"{path}: cannot be read; give yourself read permission") from error
    return kind + digest.hexdigest()


def _digest_of_all(folder: Path) -> str:
    """Of a repository within this one, whose files this one's git does not list."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if ".git" not in name.parts and (path.is_symlink() or not path.is_dir()):
            digest.update(
                f"{name.as_posix()}\0{_digest(path)}\n".encode("utf-8", "surrogateescape")
            )
    return digest.hexdigest()


def _succeeds(project: Project, *arguments: str) -> bool:
    return ask_git(project.root, *arguments).returncode == 0


def _git(project: Project, *arguments: str) -> str:
    answer = ask_git(project.root, *arguments)
    if answer.returncode:
        raise CannotRun(
            f"git {arguments[0]}: {answer.stderr.strip() or 'failed'}; "
            "make git work in this folder, then run again"
        )
    return answer.stdout
