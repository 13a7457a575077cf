"""run.artifacts: what a gate promised is kept name by name, and what cannot be kept is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence.engine.run.artifacts import collect_artifacts

NO_NAME = (
    "no name for a file of a bundle: a name holds what no file of a bundle is called, such as a "
    "backslash; have the gate give it another name"
)
ALIKE = (
    "artifact shots/Cart.png and shots/cart.png: two names differ only in capitals, so some disks "
    "keep only one; have the gate give it another name"
)


def collected(tmp_path: Path, *names: str) -> tuple[list[str], tuple[str, ...]]:
    """The names kept of a gate that promised `shots` and `one.txt` and wrote these files, and what
    is said of the others."""
    out, into = tmp_path / "out", tmp_path / "into"
    (out / "shots").mkdir(parents=True)
    for name in names:
        (out / name).write_text(name)
    kept, problems = collect_artifacts(("shots", "{out}/one.txt"), out=out, into=into)
    there = {path.relative_to(into).as_posix() for path in into.rglob("*") if path.is_file()}
    assert there == set(kept)
    assert all((into / name).read_text() == name for name in kept)
    return list(kept), problems


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        (["shots/b.png"], [], ()),
        (["shots/b.png"], ["shots/a "], (f"artifact 'shots/a ': {NO_NAME}",)),
        (["shots/Cart.png", "shots/d.png"], ["shots/cart.png"], (ALIKE,)),
        (
            ["shots/b.png", "shots/d.png", "shots/f.png"],
            ["shots/a ", "shots/c ", "shots/e "],
            tuple(f"artifact 'shots/{name} ': {NO_NAME}" for name in "ace"),
        ),
    ],
    ids=["none", "one", "alike", "several"],
)
def test_a_bad_name_takes_nothing_from_the_others(
    tmp_path: Path, good: list[str], bad: list[str], told: tuple[str, ...]
) -> None:
    assert collected(tmp_path, "one.txt", *good, *bad) == ([*good, "one.txt"], told)


def test_what_is_missing_is_told_beside_what_cannot_be_kept(tmp_path: Path) -> None:
    assert collected(tmp_path, "shots/a ", "shots/b") == (
        ["shots/b"],
        ("artifact {out}/one.txt was not written", f"artifact 'shots/a ': {NO_NAME}"),
    )


@pytest.mark.parametrize(
    ("count", "kept", "told"),
    [
        (10, ["one.txt"], ()),
        (11, [], ("2 artifacts from 'shots/b10 ' on are not kept: mend the others first",)),
    ],
)
def test_after_ten_bad_names_no_more_are_looked_at(
    tmp_path: Path, count: int, kept: list[str], told: tuple[str, ...]
) -> None:
    good, bad = [f"shots/a{n:02}" for n in range(40)], [f"shots/b{n:02} " for n in range(count)]
    assert collected(tmp_path, "one.txt", *good, *bad) == (
        [*good, *kept],
        (*(f"artifact '{name}': {NO_NAME}" for name in bad[:10]), *told),
    )
