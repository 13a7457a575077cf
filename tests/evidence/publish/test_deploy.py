from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from evidence.engine.mistakes import CannotRun
from evidence.engine.project import Project
from evidence.engine.publish.deploy import deploy


def git(folder: Path, *arguments: str) -> str:
    ended = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return ended.stdout


@dataclass
class Clone:
    """A repository with one release ready to deploy, and the bare one that it pushes to."""

    root: Path
    bare: Path

    @property
    def project(self) -> Project:
        return Project(
            root=self.root,
            name="Sample",
            version="1.0",
            register=self.root / "evidence",
            build=self.root / "build",
            work=self.root / ".local",
        )

    def release(self, version: str, *, tag: str = "", dirty: bool = False) -> str:
        """Commit, tag and build this version; the commit."""
        (self.root / "version").write_text(version, encoding="utf-8")
        git(self.root, "add", "version")
        git(self.root, "commit", "--quiet", "--allow-empty", "-m", f"Release {version}")
        git(self.root, "tag", tag or f"v{version}")
        commit = git(self.root, "rev-parse", "HEAD").strip()
        self.build(version, commit, dirty=dirty)
        return commit

    def build(self, version: str, commit: str, *, dirty: bool = False) -> None:
        site = self.root / "build" / "site"
        site.mkdir(parents=True, exist_ok=True)
        told = {"schema": 1, "version": version, "commit": commit, "dirty": dirty, "claims": []}
        (site / "evidence.json").write_text(json.dumps(told), encoding="utf-8")
        (site / "index.html").write_text(f"<h1>{version}</h1>", encoding="utf-8")

    def held(self, path: str) -> str:
        return git(self.bare, "show", f"gh-pages:{path}")

    def versions(self) -> dict[str, list[str]]:
        return {each["version"]: each["aliases"] for each in json.loads(self.held("versions.json"))}


def clone(bare: Path, root: Path) -> Clone:
    git(bare, "clone", "--quiet", str(bare), str(root))
    git(root, "config", "user.name", "Rita Release")
    git(root, "config", "user.email", "rita@shop.example")
    return Clone(root, bare)


@pytest.fixture
def made(tmp_path: Path) -> Clone:
    bare = tmp_path / "bare.git"
    bare.mkdir()
    git(bare, "init", "--quiet", "--bare", ".")
    return clone(bare, tmp_path / "clone")


def test_first_version_is_the_latest_and_the_default(made: Clone) -> None:
    made.release("1.0.0")

    done = deploy(made.project)

    assert (done.version, done.is_latest, done.changed) == ("1.0.0", True, True)
    assert made.held("1.0.0/index.html") == "<h1>1.0.0</h1>"
    assert made.held("latest") == "1.0.0"
    assert 'url=latest/"' in made.held("index.html")
    assert made.versions() == {"1.0.0": ["latest"]}


def test_next_version_stands_beside_the_first_and_is_the_latest(made: Clone) -> None:
    for version in ("1.9.0", "1.10.0"):
        made.release(version)
        deploy(made.project)

    assert made.versions() == {"1.10.0": ["latest"], "1.9.0": []}
    assert made.held("1.9.0/index.html") == "<h1>1.9.0</h1>"
    assert made.held("latest") == "1.10.0"


def test_late_patch_of_an_old_version_is_not_the_latest(made: Clone) -> None:
    made.release("2.0.0")
    deploy(made.project)
    made.release("1.0.1")

    assert deploy(made.project).is_latest is False
    assert made.held("latest") == "2.0.0"
    assert set(made.versions()) == {"2.0.0", "1.0.1"}


def test_pre_release_is_not_the_latest_beside_a_release(made: Clone) -> None:
    made.release("1.0.0")
    deploy(made.project)
    made.release("2.0.0rc1")

    assert deploy(made.project).is_latest is False
    assert made.held("latest") == "1.0.0"


def test_version_published_again_changes_nothing(made: Clone) -> None:
    made.release("1.0.0")
    deploy(made.project)
    before = git(made.bare, "rev-parse", "gh-pages")

    assert deploy(made.project).changed is False
    assert git(made.bare, "rev-parse", "gh-pages") == before


def test_tag_that_moved_is_refused(made: Clone) -> None:
    first = made.release("1.0.0")
    deploy(made.project)
    git(made.root, "tag", "--delete", "v1.0.0")
    second = made.release("1.0.0")

    with pytest.raises(CannotRun) as refused:
        deploy(made.project)

    assert str(refused.value) == (
        f"version 1.0.0: published for commit {first[:12]}, the last build is of {second[:12]}; "
        "a published version never changes, so release a new one"
    )
    assert first in made.held("1.0.0/evidence.json")


@pytest.mark.slow
def test_four_releases_pushed_at_once_are_all_there(made: Clone, tmp_path: Path) -> None:
    made.release("0.1.0")
    deploy(made.project)
    clones = [clone(made.bare, tmp_path / f"clone-{number}") for number in range(4)]
    for number, each in enumerate(clones):
        each.release(f"1.{number}.0")

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda each: deploy(each.project), clones))

    assert all(each.changed for each in done)
    versions = made.versions()
    assert set(versions) == {"0.1.0", "1.0.0", "1.1.0", "1.2.0", "1.3.0"}
    assert versions["1.3.0"] == ["latest"]
    assert made.held("latest") == "1.3.0"
    assert all(made.held(f"{each}/index.html") == f"<h1>{each}</h1>" for each in versions)


def test_clone_itself_is_left_as_it_was(made: Clone) -> None:
    made.release("1.0.0")
    deploy(made.project)

    assert "gh-pages" not in git(made.root, "branch", "--all")
    assert git(made.root, "status", "--porcelain", "--untracked-files=no") == ""


def test_build_over_changes_is_refused(made: Clone) -> None:
    made.release("1.0.0", dirty=True)

    with pytest.raises(CannotRun, match=r"changes that are not committed, a clean one expected"):
        deploy(made.project)


def test_build_of_another_commit_than_the_tag_is_refused(made: Clone) -> None:
    made.release("1.0.0")
    made.release("1.1.0")

    with pytest.raises(CannotRun, match=r"tag v1.0.0: found commit .*, the last build is of"):
        deploy(made.project, tag="v1.0.0")


def test_tag_and_version_that_disagree_are_refused(made: Clone) -> None:
    made.release("1.0.0", tag="v2.0.0")

    with pytest.raises(CannotRun, match=r"tag v2.0.0: the project's version is 1.0.0"):
        deploy(made.project)


def test_tag_has_to_be_named_where_there_are_two(made: Clone) -> None:
    made.release("1.0.0")
    git(made.root, "tag", "stable")

    with pytest.raises(CannotRun, match=r"tag: found stable, v1.0.0 at commit .*, one expected"):
        deploy(made.project)
    assert deploy(made.project, tag="v1.0.0").changed


def test_commit_without_a_tag_is_refused(made: Clone) -> None:
    made.release("1.0.0")
    git(made.root, "tag", "--delete", "v1.0.0")

    with pytest.raises(CannotRun, match=r"tag: found none at commit"):
        deploy(made.project)
    with pytest.raises(
        CannotRun, match=r"tag v9: not found in this repository; make it: git tag v9"
    ):
        deploy(made.project, tag="v9")


def test_remote_that_is_not_there_is_named(made: Clone, tmp_path: Path) -> None:
    made.release("1.0.0")

    with pytest.raises(CannotRun, match=r"remote upstream: not found; name one of `git remote`"):
        deploy(made.project, remote="upstream")
    with pytest.raises(CannotRun, match=r"cannot be read"):
        deploy(made.project, remote=str(tmp_path))


def test_project_without_a_build_is_told_to_build(made: Clone) -> None:
    with pytest.raises(CannotRun, match=r"no build there; build first: python build_evidence.py"):
        deploy(made.project)


def test_command_says_what_it_did(made: Clone) -> None:
    made.release("1.0.0")
    (made.root / "pyproject.toml").write_text('[tool.evidence]\nname = "Sample"\n', "utf-8")
    (made.root / "evidence" / "claims").mkdir(parents=True)
    command = [sys.executable, "build_evidence.py", "deploy", "v1.0.0"]

    ended = subprocess.run(
        [*command, "--project", str(made.root)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (
        0,
        "deploy  1.0.0 published on gh-pages, the latest version\n",
    )
