"""Code that is nested more deeply than the engine follows is told before anything runs."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from evidence.engine.cli import main
from evidence.engine.falsify.mutants import mutants_of
from evidence.engine.mistakes import Place
from evidence.engine.register.model import Link
from evidence.engine.source.depth import LEVELS, deep_lines
from evidence.engine.source.links import LinkDead, resolve_symbol, resolve_test

# What comes first, again and again, inside, again and again, and last; and its levels each time.
SHAPES = {
    "sum": ("return (n", "\n+ n", "", "", ")", 1),
    "not a sum": ("return not (n", "\n+ n", "", "", ")", 1),
    "calls": ("return (n", "\n.a\n()", "", "", ")", 2),
    "locked rows": ("return (n", "\n.a\n()", "", "", ".select_for_update())", 2),
    "signs": ("return (", "-\n", "n", "", ")", 1),
    "lambdas": ("return (", "lambda:\n", "n", "", ")", 1),
    "choices": ("return (", "n if n else\n", "n", "", ")", 1),
    "branches": ("if n:\n        pass", "\n    elif n:\n        pass", "", "", "", 1),
    "keywords": ("return ", "f(a=\n", "n", ")", "", 2),
    "lists": ("return ", "[n for n in\n", "n", "]", "", 2),
}
# As many levels as a hundred characters of a line can have.
SIGNS = "-" * 99 + "n"


def deep(shape: str, levels: int, inside: str = "") -> str:
    first, opening, within, closing, last, each = SHAPES[shape]
    times = levels // each
    inner = opening * times + (inside or within) + closing * times
    return f"def deep(n):\n    {first}{inner}{last}\n"


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_not_too_deep_can_be_broken(shape: str) -> None:
    source = deep(shape, LEVELS - 5)
    assert deep_lines(ast.parse(source)) == frozenset()
    assert mutants_of(path="deep.py", source=source, name="deep")


@pytest.mark.parametrize("shape", ["signs", "lambdas", "choices", "keywords", "lists"])
def test_a_hundred_characters_of_a_line_may_be_as_deep_as_they_can(shape: str) -> None:
    source = deep(shape, LEVELS - 5, " " * 60 + SIGNS)
    assert deep_lines(ast.parse(source)) == frozenset()
    assert mutants_of(path="deep.py", source=source, name="deep")


def test_what_is_one_character_longer_counts_as_one_level_more() -> None:
    # The function and its statement are two levels.
    assert deep_lines(ast.parse(deep("signs", LEVELS - 2, SIGNS))) == frozenset()
    assert deep_lines(ast.parse(deep("signs", LEVELS - 2, f"-{SIGNS}")))


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_too_deep_is_on_lines_of_its_function(shape: str) -> None:
    lines = deep_lines(ast.parse("A = 1\n" + deep(shape, 2 * LEVELS)))
    assert lines
    assert min(lines) >= 3


def test_a_long_line_may_be_too_deep_by_itself() -> None:
    assert deep_lines(ast.parse(SIGNS)) == frozenset()
    assert deep_lines(ast.parse("-" * (LEVELS + 101) + "n")) == {1}


DEEP = f"""\
TABLE = [
{deep("sum", 2 * LEVELS).partition("return ")[2]}]


def flat(n):
    return n + 1


class Till:
    def flat(self):
        return 1

{deep("sum", 2 * LEVELS).replace("def ", "    def ").replace("    return", "        return")}

class Flat:
    def flat(self):
        return 1


{deep("sum", 2 * LEVELS)}
"""


@pytest.mark.parametrize("name", ["TABLE", "flat", "Till.flat", "Flat"])
def test_what_is_flat_may_be_cited_beside_what_is_deep(stranger: Any, name: str) -> None:
    stranger.write("till/deep.py", DEEP.encode())
    assert resolve_symbol(stranger.root, Link(f"till/deep.py::{name}", Place("claims.yml")))


@pytest.mark.parametrize(("name", "line"), [("deep", 624), ("Till.deep", 315), ("Till", 315)])
def test_what_is_too_deep_is_a_dead_link_with_its_line(stranger: Any, name: str, line: int) -> None:
    stranger.write("till/deep.py", DEEP.encode())
    with pytest.raises(LinkDead) as refused:
        resolve_symbol(stranger.root, Link(f"till/deep.py::{name}", Place("claims.yml")))
    assert str(refused.value) == (
        f"till/deep.py::{name}: till/deep.py:{line} is nested too deeply to be broken, expected "
        "150 levels at most, of which each term of a sum is one; split it, or cite something else"
    )


def test_a_function_of_one_line_is_told_from_its_neighbours(stranger: Any) -> None:
    lines = [
        f"def {name}(n): return {signs}n"
        for name, signs in zip("abc", ("-", "-" * 2 * LEVELS, "-"), strict=True)
    ]
    stranger.write("till/deep.py", "\n".join(lines))
    for name in "ac":
        assert resolve_symbol(stranger.root, Link(f"till/deep.py::{name}", Place("claims.yml")))
    with pytest.raises(LinkDead, match=r"till/deep\.py:2 is nested too deeply"):
        resolve_symbol(stranger.root, Link("till/deep.py::b", Place("claims.yml")))


def test_a_test_may_be_as_deep_as_python_lets_it(stranger: Any) -> None:
    stranger.write("tests/test_deep.py", deep("sum", 2 * LEVELS).replace("deep", "test_deep"))
    link = Link("tests/test_deep.py::test_deep", Place("claims.yml"))
    assert resolve_test(stranger.root, link).is_code


def test_it_is_told_by_check_and_the_claim_alone_is_not_met(stranger: Any, capsys: Any) -> None:
    stranger.replace(
        "evidence/claims/till.yml", "code: [till/money.py::total]", "code: [till/deep.py::deep]"
    )
    stranger.write("till/deep.py", deep("sum", 1200))
    for command in (["check"], ["mutants", "TILL-01"], ["--no-falsify", "--only", "imports"]):
        main([*command, "--project", str(stranger.root)])
        told = capsys.readouterr()
        assert told.out.startswith(
            "evidence/claims/till.yml:7  TILL-01 cites till/deep.py::deep: till/deep.py:2 is "
            "nested too deeply to be broken"
        )
        assert told.err == ""
