"""publish.deploy: what may be published and when a push is tried again, decided without a host."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evidence.engine.mistakes import CannotRun
from evidence.engine.publish import deploy as deploying
from evidence.engine.publish.deploy import Deployed, deploy

COMMIT, OTHER = "a" * 40, "b" * 40
ADDRESS = "ssh://host/shop.git"


def answer(code: int = 0, out: str = "", err: str = "") -> Any:
    return SimpleNamespace(returncode=code, stdout=out, stderr=err)


@pytest.fixture
def project(tmp_path: Path) -> Any:
    return SimpleNamespace(root=tmp_path, build=tmp_path / "build", name="Shop")


def built(project: Any, **changes: Any) -> None:
    site = project.build / "site"
    site.mkdir(parents=True)
    told = {"commit": COMMIT, "version": "1.2.0", "dirty": False, **changes}
    (site / "evidence.json").write_text(json.dumps(told), "utf-8")


@pytest.fixture
def tags(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Which commit each tag names."""
    tags: dict[str, str] = {}

    def ask_git(root: Path, *arguments: str) -> Any:
        if arguments[0] == "tag":
            found = [tag for tag, commit in tags.items() if commit == arguments[2]]
            return answer(out="".join(f"{tag}\n" for tag in found))
        assert arguments[:3] == ("rev-parse", "--verify", "--quiet")
        commit = tags.get(arguments[3].removesuffix("^{commit}"))
        return answer(out=f"{commit}\n") if commit else answer(1)

    monkeypatch.setattr(deploying, "ask_git", ask_git)
    return tags


def refused(project: Any, tag: str = "") -> str:
    with pytest.raises(CannotRun) as caught:
        deploying._last_build(project, tag)
    return str(caught.value)


def test_build_goes_out_under_the_one_tag_of_its_commit(project: Any, tags: dict[str, str]) -> None:
    built(project)
    tags |= {"v1.2.0": COMMIT, "v1.1.0": OTHER}
    for tag in ("", "v1.2.0"):
        build = deploying._last_build(project, tag)
        assert (build.version, build.commit, build.tag) == ("1.2.0", COMMIT, "v1.2.0")
        assert build.site == project.build / "site"


def test_what_is_no_build_of_a_tag_is_refused(project: Any, tags: dict[str, str]) -> None:
    assert refused(project) == "build: no build there; build first: python build_evidence.py"
    built(project)
    assert refused(project) == "tag: found none at commit aaaaaaaaaaaa, one expected; name it: " + (
        "deploy TAG"
    )
    assert refused(project, "v1.2.0") == (
        "tag v1.2.0: not found in this repository; make it: git tag v1.2.0"
    )
    tags |= {"v1.2.0": OTHER, "v1.3.0": COMMIT}
    assert refused(project, "v1.2.0") == (
        "tag v1.2.0: found commit bbbbbbbbbbbb, the last build is of aaaaaaaaaaaa; check the tag "
        "out and build again"
    )
    assert refused(project) == (
        "tag v1.3.0: the project's version is 1.2.0, the same expected; raise the version in "
        "pyproject.toml or name the tag for it"
    )
    tags["again"] = COMMIT
    assert refused(project).startswith("tag: found v1.3.0, again at commit aaaaaaaaaaaa, one")


def test_build_over_changes_is_refused_whatever_its_tag(project: Any, tags: dict[str, str]) -> None:
    built(project, dirty=True)
    tags["v1.2.0"] = COMMIT
    assert refused(project, "v1.2.0") == (
        "build of aaaaaaaaaaaa: made over changes that are not committed, a clean one expected; "
        "commit, then build again"
    )


def held(monkeypatch: pytest.MonkeyPatch, found: Any) -> None:
    build = deploying._Build(Path("site"), "1.2.0", COMMIT, "v1.2.0")

    def git(home: Path, *arguments: str, check: bool) -> Any:
        assert (arguments, check) == (("show", "pages:1.2.0/evidence.json"), False)
        return found

    monkeypatch.setattr(deploying, "_git", git)
    deploying._refuse_another_commit(Path("home"), "pages", build)


def test_version_never_becomes_another_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    held(monkeypatch, answer(128, err="no such path"))
    held(monkeypatch, answer(out=json.dumps({"commit": COMMIT})))
    with pytest.raises(CannotRun) as caught:
        held(monkeypatch, answer(out=json.dumps({"commit": OTHER})))
    assert str(caught.value) == (
        "version 1.2.0: published for commit bbbbbbbbbbbb, the last build is of aaaaaaaaaaaa; "
        "a published version never changes, so release a new one"
    )
    with pytest.raises(CannotRun, match=r"published for commit , the"):
        held(monkeypatch, answer(out="{}"))


@pytest.mark.parametrize(
    ("ended", "is_there"),
    [
        (answer(), True),
        (answer(1, err=" ! [rejected] gh-pages -> gh-pages (fetch first)"), False),
        (answer(1, err="remote: error: cannot lock ref"), False),
        (answer(1, err="failed to lock"), False),
    ],
)
def test_push_that_was_overtaken_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, ended: Any, is_there: bool
) -> None:
    def git(home: Path, *arguments: str, check: bool) -> Any:
        refs = "refs/heads/pages:refs/heads/pages"
        assert (arguments, check) == (("push", "--quiet", "--", ADDRESS, refs), False)
        return ended

    monkeypatch.setattr(deploying, "_git", git)
    assert deploying._push(Path("home"), ADDRESS, "pages") is is_there


def test_push_that_was_forbidden_says_what_the_host_said(monkeypatch: pytest.MonkeyPatch) -> None:
    forbidden = answer(128, err="asking\nfatal: no permission\n")
    monkeypatch.setattr(deploying, "_git", lambda *given, **options: forbidden)
    with pytest.raises(CannotRun) as caught:
        deploying._push(Path("home"), ADDRESS, "pages")
    assert str(caught.value) == f"remote {ADDRESS}: refused the push: fatal: no permission"


class Host:
    """Takes down what is asked of it; `overtakes` pushes are refused before one is let through."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, changed: bool, overtakes: int) -> None:
        self.done: list[str] = []
        self.homes: set[Path] = set()
        self._told = {"changed": changed, "latest": not changed}
        self._overtakes = overtakes
        build = deploying._Build(Path("site"), "1.2.0", COMMIT, "v1.2.0")
        for name, stage in {
            "_last_build": lambda project, tag: build,
            "_address": lambda project, remote: ADDRESS,
            "_git": self._git,
            "_fetch": self._fetch,
            "_refuse_another_commit": lambda home, branch, build: self.done.append("compared"),
            "_mike": lambda home, project, build, branch: self._told,
            "_push": self._push,
            "_let_others_finish": lambda attempt: self.done.append(f"waited {attempt}"),
        }.items():
            monkeypatch.setattr(deploying, name, stage)

    def _git(self, home: Path, *arguments: str) -> None:
        assert home.is_dir()
        self.homes.add(home)
        self.done.append(arguments[0])

    def _fetch(self, home: Path, address: str, branch: str) -> None:
        self.done.append("fetched")

    def _push(self, home: Path, address: str, branch: str) -> bool:
        assert (address, branch) == (ADDRESS, "gh-pages")
        self.done.append("pushed")
        self._overtakes -= 1
        return self._overtakes < 0


ROUND = ["init", "fetched", "compared", "pushed"]


def test_build_is_put_on_what_is_there_and_pushed(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = Host(monkeypatch, changed=True, overtakes=0)
    assert deploy(project) == Deployed("1.2.0", is_latest=False, changed=True)
    assert host.done == ROUND
    assert not any(home.exists() for home in host.homes)


def test_same_bytes_are_not_pushed(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(monkeypatch, changed=False, overtakes=0)
    assert deploy(project) == Deployed("1.2.0", is_latest=True, changed=False)
    assert host.done == ROUND[:-1]


def test_overtaken_push_begins_anew_on_what_the_others_left(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = Host(monkeypatch, changed=True, overtakes=2)
    assert deploy(project).changed
    assert host.done == [*ROUND, "waited 0", *ROUND, "waited 1", *ROUND]
    assert len(host.homes) == 3


def test_push_that_is_always_overtaken_ends(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(monkeypatch, changed=True, overtakes=99)
    with pytest.raises(CannotRun) as caught:
        deploy(project)
    assert host.done.count("pushed") == 12
    assert str(caught.value) == (
        "gh-pages: others pushed to it 12 times in a row; wait for them, then deploy again"
    )
