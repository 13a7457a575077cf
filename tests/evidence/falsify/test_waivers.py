"""falsify.waivers and waivers.yml: what is wrong is told with its line, and what lapsed as well."""

from __future__ import annotations

from typing import Any

import pytest

from evidence.engine.cli import main
from evidence.engine.falsify.waivers import lapsed
from evidence.engine.mistakes import Mistakes
from evidence.engine.project import load_project
from evidence.engine.register.reading import read_register

WAIVER = """
waivers:
  - symbol: till/money.py::total
    operator: None returned
    category: equivalent
    reason: Nobody reads it.
    author: sam
    sha256: {digest}
"""


def digest_of_total(stranger: Any) -> str:
    from evidence.engine.falsify.mutants import mutants_of

    text = stranger.read("till/money.py")
    return mutants_of(path="till/money.py", source=text, name="total")[0].symbol


def said(stranger: Any) -> list[str]:
    project = load_project(stranger.root)
    return [str(mistake) for mistake in lapsed(project, read_register(project))]


def test_waiver_of_the_code_as_it_is_holds(stranger: Any, capsys: Any) -> None:
    stranger.write("evidence/waivers.yml", WAIVER.format(digest=digest_of_total(stranger)[:16]))
    assert said(stranger) == []
    assert main(["check", "--project", str(stranger.root)]) == 0


def test_waiver_dies_with_the_digest_of_its_symbol(stranger: Any, capsys: Any) -> None:
    old = digest_of_total(stranger)[:16]
    stranger.write("evidence/waivers.yml", WAIVER.format(digest=old))
    stranger.replace("till/money.py", "return sum(prices)", "return sum(list(prices))")
    new = digest_of_total(stranger)[:16]
    assert said(stranger) == [
        f"evidence/waivers.yml:2  waiver of till/money.py::total: found the digest {new}, "
        f"expected {old}: its code changed; look at it again, then write the new digest or remove "
        "the waiver"
    ]
    assert main(["check", "--project", str(stranger.root)]) == 1
    assert capsys.readouterr().out.endswith("every link is alive. 1 waiver lapsed.\n")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("::total", "::totl", "found no such function with a mutant, expected one; remove it"),
        ("None returned", "logic changed", "found no mutant of the kind logic changed"),
        ("operator: None returned", "mutant: '000000000000'", "mutant 000000000000 not found"),
    ],
)
def test_waiver_of_nothing_is_told(stranger: Any, old: str, new: str, told: str) -> None:
    text = WAIVER.format(digest=digest_of_total(stranger)[:16]).replace(old, new)
    stranger.write("evidence/waivers.yml", text)
    (line,) = said(stranger)
    assert line.startswith("evidence/waivers.yml:2  waiver of till/money.py::tot")
    assert told in line


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("author: sam", "author: ''", 6),
        ("category: equivalent", "category: lazy", 4),
        ("{digest}", "abc", 7),
        ("    reason: Nobody reads it.\n", "", 2),
        ("operator: None returned", "operator: none returned", 3),
    ],
)
def test_ill_formed_waiver_is_refused_at_its_line(
    stranger: Any, old: str, new: str, line: int
) -> None:
    text = WAIVER.replace(old, new).format(digest="ab" * 8)
    stranger.write("evidence/waivers.yml", text)
    with pytest.raises(Mistakes) as refused:
        read_register(load_project(stranger.root))
    assert [mistake.place.line for mistake in refused.value.found] == [line]
