"""Put the last build on the branch that a host serves, as one version among others.

mike keeps that branch: a folder a version, `latest` beside them, and versions.json for the
selector. It works in a throwaway repository that holds nothing but the branch, so that neither the
clone nor anybody's working tree changes. Whoever pushes at the same moment is not overwritten: the
push is refused, and everything is done again on what the other left.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evidence.engine.git import ask_git
from evidence.engine.mistakes import CannotRun
from evidence.engine.project import Project

BRANCH = "gh-pages"
REMOTE = "origin"
_TRIES = 12
_ENGINE_HOME = Path(__file__).parents[3]
_RNG = random.SystemRandom()


@dataclass(frozen=True)
class Deployed:
    """What became of a build: its version, and whether it is the latest one now. Not `changed`:
    the branch held the same bytes already."""

    version: str
    is_latest: bool
    changed: bool


@dataclass(frozen=True)
class _Build:
    """A build, and the tag whose site it is."""

    site: Path
    version: str
    commit: str
    tag: str


def deploy(
    project: Project, *, tag: str = "", remote: str = REMOTE, branch: str = BRANCH
) -> Deployed:
    """Publish the last build under its tag's version at `remote` (a name, path or address).

    Raises CannotRun when there is no build, when it is not the tag's commit and version, or when
    the remote cannot be reached or holds another commit under this version.
    """
    build = _last_build(project, tag)
    address = _address(project, remote)
    for attempt in range(_TRIES):
        with tempfile.TemporaryDirectory(prefix="evidence-deploy-") as folder:
            home = Path(folder)
            _git(home, "init", "--quiet", "--bare", ".")
            _fetch(home, address, branch)
            _refuse_another_commit(home, branch, build)
            told = _mike(home, project, build, branch)
            if not told["changed"] or _push(home, address, branch):
                return Deployed(build.version, bool(told["latest"]), bool(told["changed"]))
        _let_others_finish(attempt)
    raise CannotRun(
        f"{branch}: others pushed to it {_TRIES} times in a row; wait for them, then deploy again"
    )


def _let_others_finish(attempt: int) -> None:
    """Not everybody comes back at the same moment, and each a little later every time."""
    time.sleep(_RNG.uniform(0.1, 0.5) * (attempt + 1))


def _last_build(project: Project, tag: str) -> _Build:
    file = project.build / "site" / "evidence.json"
    if not file.is_file():
        raise CannotRun(
            f"{project.build.name}: no build there; build first: python build_evidence.py"
        )
    told: dict[str, Any] = json.loads(file.read_text("utf-8"))
    commit, version = str(told["commit"]), str(told["version"])
    if told["dirty"]:
        raise CannotRun(
            f"build of {commit[:12]}: made over changes that are not committed, a clean one "
            "expected; commit, then build again"
        )
    tag = tag or _tag_of(project, commit)
    answer = ask_git(project.root, "rev-parse", "--verify", "--quiet", f"{tag}^{{commit}}")
    if answer.returncode:
        raise CannotRun(f"tag {tag}: not found in this repository; make it: git tag {tag}")
    if answer.stdout.strip() != commit:
        raise CannotRun(
            f"tag {tag}: found commit {answer.stdout.strip()[:12]}, the last build is of "
            f"{commit[:12]}; check the tag out and build again"
        )
    if tag.removeprefix("v") != version:
        raise CannotRun(
            f"tag {tag}: the project's version is {version}, the same expected; raise the version "
            "in pyproject.toml or name the tag for it"
        )
    return _Build((project.build / "site").resolve(), version, commit, tag)


def _tag_of(project: Project, commit: str) -> str:
    tags = ask_git(project.root, "tag", "--points-at", commit).stdout.split()
    if len(tags) != 1:
        found = f"found {', '.join(tags)}" if tags else "found none"
        raise CannotRun(f"tag: {found} at commit {commit[:12]}, one expected; name it: deploy TAG")
    (tag,) = tags
    return tag


def _address(project: Project, remote: str) -> str:
    """Where to push: a remote's address, or `remote` itself when it is a path or an address."""
    answer = ask_git(project.root, "remote", "get-url", "--", remote)
    if answer.returncode == 0:
        return answer.stdout.strip()
    if Path(remote).exists() or ":" in remote:
        return str(Path(remote).resolve()) if Path(remote).exists() else remote
    raise CannotRun(
        f"remote {remote}: not found; name one of `git remote`, a path or an address: "
        "deploy --remote NAME"
    )


def _fetch(home: Path, address: str, branch: str) -> None:
    """The branch as it is there; nothing when there is none yet."""
    ref = f"refs/heads/{branch}"
    there = _git(home, "ls-remote", "--", address, ref, check=False)
    if there.returncode:
        raise CannotRun(f"remote {address}: cannot be read: {_last_line(there.stderr)}")
    if there.stdout.strip():
        _git(home, "fetch", "--quiet", "--", address, f"{ref}:{ref}")


def _refuse_another_commit(home: Path, branch: str, build: _Build) -> None:
    """A version that somebody may have read never becomes another one."""
    held = _git(home, "show", f"{branch}:{build.version}/evidence.json", check=False)
    if held.returncode:
        return
    commit = str(json.loads(held.stdout).get("commit", ""))
    if commit != build.commit:
        raise CannotRun(
            f"version {build.version}: published for commit {commit[:12]}, the last build is of "
            f"{build.commit[:12]}; a published version never changes, so release a new one"
        )


def _mike(home: Path, project: Project, build: _Build, branch: str) -> dict[str, Any]:
    order = {
        "site": str(build.site),
        "version": build.version,
        "branch": branch,
        "message": f"{project.name} {build.version}: evidence of {build.commit}",
    }
    who = ask_git(project.root, "show", "-s", "--format=%cn%n%ce%n%ct +0000", build.commit)
    name, email, when = [*who.stdout.strip().splitlines(), "", "", ""][:3]
    ended = subprocess.run(
        [sys.executable, "-m", "evidence.engine.publish.mike_deploy"],
        cwd=home,
        env={
            **_plain_environment(),
            "PYTHONPATH": str(_ENGINE_HOME),
            "PYTHONUTF8": "1",
            "NO_MKDOCS_2_WARNING": "1",
            "GIT_COMMITTER_NAME": name or project.name,
            "GIT_COMMITTER_EMAIL": email or "evidence@localhost",
            "GIT_COMMITTER_DATE": when,
        },
        input=json.dumps(order),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if ended.returncode:
        raise CannotRun(f"mike: could not deploy: {_last_line(ended.stderr)}")
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def _push(home: Path, address: str, branch: str) -> bool:
    """False when somebody else pushed meanwhile."""
    ref = f"refs/heads/{branch}"
    pushed = _git(home, "push", "--quiet", "--", address, f"{ref}:{ref}", check=False)
    if pushed.returncode == 0:
        return True
    overtaken = ("rejected", "cannot lock ref", "failed to lock", "fetch first")
    if any(word in pushed.stderr for word in overtaken):
        return False
    raise CannotRun(f"remote {address}: refused the push: {_last_line(pushed.stderr)}")


def _git(home: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(
        ["git", *arguments],
        cwd=home,
        env={**_plain_environment(), "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )
    if check and ended.returncode:
        raise CannotRun(f"git {arguments[0]}: {_last_line(ended.stderr)}")
    return ended


def _plain_environment() -> dict[str, str]:
    """Inside a hook git's own variables would lead to another repository; credentials stay."""
    led_astray = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE")
    return {name: value for name, value in os.environ.items() if name not in led_astray}


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
