"""The tree that a run saw: its commit, whether it is clean, and its fingerprint."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from evidence.engine.mistakes import CannotRun
from evidence.engine.run.tree import overlooked, read_files, read_tree, repositories_within
from tests.evidence.run.conftest import Bench


def test_clean_tree_is_its_commit(bench: Bench) -> None:
    tree = read_tree(bench.project)
    assert tree.commit == bench.stranger.git("rev-parse", "HEAD")
    assert str(tree.committed_at) == bench.stranger.git("log", "-1", "--format=%ct")
    assert not tree.dirty


def test_each_kind_of_change_makes_it_dirty_and_another_tree(bench: Bench) -> None:
    seen = {read_tree(bench.project).fingerprint}
    stranger = bench.stranger
    changes = (
        lambda: stranger.write("README.md", "# Other\n"),
        lambda: stranger.write("new ü file.txt", "untracked\n"),
        lambda: (stranger.root / "till/money.py").unlink(),
        lambda: (stranger.root / "pyproject.toml").chmod(0o755),
        lambda: (stranger.root / "link").symlink_to("README.md"),
    )
    for count, change in enumerate(changes, 2):
        change()
        tree = read_tree(bench.project)
        seen.add(tree.fingerprint)
        assert (tree.dirty, len(seen)) == (True, count)


@pytest.mark.parametrize("flag", ["assume-unchanged", "skip-worktree"])
def test_file_that_git_is_told_to_pass_over_is_named_and_makes_it_dirty(
    bench: Bench, flag: str
) -> None:
    bench.stranger.git("update-index", f"--{flag}", "till/money.py")
    assert overlooked(bench.project) == ["till/money.py"]
    assert read_tree(bench.project).dirty
    bench.stranger.git("update-index", f"--no-{flag}", "till/money.py")
    assert overlooked(bench.project) == []
    assert not read_tree(bench.project).dirty


def test_a_file_is_told_from_a_program_a_link_and_one_that_is_gone(bench: Bench) -> None:
    root = bench.stranger.root
    # Whoever else may run it: git keeps its owner's right alone.
    (root / "README.md").chmod(0o645)
    (root / "pyproject.toml").chmod(0o755)
    (root / "till/money.py").unlink()
    (root / "link").symlink_to("README.md")
    found = read_files(bench.project)
    kinds = {path: digest.partition(" ")[0] for path, digest in found.items()}
    assert [kinds[path] for path in ("README.md", "pyproject.toml", "till/money.py", "link")] == [
        "file",
        "program",
        "gone",
        "link",
    ]
    assert found["link"] == f"link {sha256(b'README.md').hexdigest()}"


def test_a_file_that_may_not_be_read_is_named(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, mode: str) -> None:
        raise PermissionError(path, mode)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(CannotRun, match=r"cannot be read; give yourself read permission$"):
        read_files(bench.project)


def test_what_stands_in_a_repository_within_is_seen(bench: Bench) -> None:
    inner = bench.stranger.root / "inner"
    (inner / ".git").mkdir(parents=True)
    (inner / "deep").mkdir()
    (inner / "deep/box.txt").write_text("one\n")
    bench.stranger.git("-c", "init.defaultBranch=main", "init", "--quiet", "inner")
    first = read_files(bench.project)
    assert repositories_within(first) == ["inner/"]
    (inner / ".git/description").write_text("of no account\n")
    assert read_files(bench.project) == first
    seen = {first["inner/"]}
    for change in (
        lambda: (inner / "deep/box.txt").write_text("two\n"),
        lambda: (inner / "deep/box.txt").chmod(0o755),
        lambda: (inner / "deep/box.txt").rename(inner / "box.txt"),
        lambda: (inner / "link").symlink_to("box.txt"),
    ):
        change()
        seen.add(read_files(bench.project)["inner/"])
    assert len(seen) == 5


def test_ignored_files_and_the_engine_s_own_output_are_not_seen(bench: Bench) -> None:
    (bench.stranger.root / ".gitignore").write_text("__pycache__/\n")
    bench.stranger.commit()
    before = read_tree(bench.project)
    bench.stranger.write(".build/whole/site/index.html", "made")
    (bench.stranger.root / "build").symlink_to(".build/whole")
    bench.stranger.write("out/results/run.json", "made")
    assert read_tree(replace(bench.project, work=bench.stranger.root / "out")) == before


def test_output_folder_that_git_tracks_is_refused(bench: Bench) -> None:
    project = replace(bench.project, work=bench.stranger.root / "till")

    with pytest.raises(CannotRun) as refused:
        read_tree(project)

    assert str(refused.value) == (
        "till: holds 2 files that git tracks, such as till/__init__.py, and the engine writes "
        "there; name another folder in [tool.evidence], or run `git rm -r --cached till` if a "
        "build was committed"
    )


def test_committed_link_to_the_build_stops_nobody(bench: Bench) -> None:
    (bench.stranger.root / "build").symlink_to(".build/whole-1")
    bench.stranger.git("add", "--force", "build")
    bench.stranger.commit()

    assert not read_tree(bench.project).dirty


def test_people_s_pages_change_the_tree_but_not_what_gates_saw(bench: Bench) -> None:
    project = replace(bench.project, pages=bench.stranger.root / "pages")
    before = read_tree(project)
    bench.stranger.write("pages/index.md", "# Hello\n")
    after = read_tree(project)
    assert (after.dirty, after.fingerprint) == (True, before.fingerprint)
