"""Whole numbers of more digits than Python writes: they are broken like any other."""

from __future__ import annotations

from typing import Any

import pytest

from evidence.engine.cli import main
from evidence.engine.falsify.constants import written
from evidence.engine.falsify.mutants import mutants_of
from evidence.engine.falsify.operators import Operator
from evidence.engine.falsify.testfile import done_by

LONG = 16**4000 - 1
NINES = int("9" * 4300)


def added(returned: str) -> list[tuple[Operator, str]]:
    source = f"def f(n):\n    return {returned}\n"
    found = mutants_of(path="m.py", source=source, name="f")
    return [(each.operator, each.text.splitlines()[1].removeprefix("    ")) for each in found]


@pytest.mark.parametrize(
    ("constant", "text"),
    [
        (7, "7"),
        (-1.5, "-1.5"),
        ((1, "a"), "(1, 'a')"),
        (LONG, hex(LONG)),
        (-LONG, hex(-LONG)),
        ((1, LONG), f"tuple(1, {hex(LONG)})"),
        (frozenset({LONG}), f"frozenset({hex(LONG)})"),
        ((1, (LONG, "a")), f"tuple(1, tuple({hex(LONG)}, 'a'))"),
    ],
    ids=["short", "broken", "tuple", "long", "negative", "in tuple", "in set", "in both"],
)
def test_a_constant_is_written_in_hexadecimal_only_where_it_is_too_long(
    constant: object, text: str
) -> None:
    assert written(constant) == text


class Strange:
    def __repr__(self) -> str:
        raise ValueError("nobody can say")


def test_what_is_no_constant_of_code_says_itself_why_it_is_not_written() -> None:
    with pytest.raises(ValueError, match="nobody can say"):
        written(Strange())


@pytest.mark.parametrize("number", [LONG, NINES], ids=["long", "nines"])
def test_a_long_number_is_moved_by_one(number: int) -> None:
    moved = {text for kind, text in added(hex(number)) if kind is Operator.NUMBER}
    assert {int(text.removeprefix("return "), 0) for text in moved} == {number - 1, number + 1}


def test_the_longest_number_that_python_writes_is_moved_by_one() -> None:
    assert (Operator.NUMBER, f"return {hex(NINES + 1)}") in added(str(NINES))


def test_long_numbers_that_are_held_together_are_told_apart() -> None:
    numbers = [text for kind, text in added(f"n in ({hex(LONG)}, 2)") if kind is Operator.NUMBER]
    assert len(numbers) == 4


@pytest.mark.parametrize("number", [2, LONG], ids=["short", "long"])
def test_what_cannot_be_written_again_takes_nobodys_place(number: int) -> None:
    kept = [f"return (n == {number})"] if number == 2 else []
    edits = added(f"not n == {hex(number)}")
    assert [text for kind, text in edits if kind is Operator.LOGIC] == kept
    locked = added(f"n.rows({hex(number)}).select_for_update()")
    kept = [f"return (n.rows({number}))"] if number == 2 else []
    assert [text for kind, text in locked if kind is Operator.UNLOCK] == kept


@pytest.mark.parametrize("text", ["act({})\n", "@act({})\ndef test_it(): ...\n"])
def test_a_file_of_tests_that_does_something_with_one_cannot_be_told(text: str) -> None:
    assert done_by(text.format(2), frozenset()) is not None
    assert done_by(text.format(hex(LONG)), frozenset()) is None


def test_a_number_that_python_does_not_read_is_told_with_its_line(
    stranger: Any, capsys: Any
) -> None:
    stranger.replace(
        "evidence/claims/till.yml", "code: [till/money.py::total]", "code: [till/long.py::long]"
    )
    stranger.write("till/long.py", f"def long(n):\n    return {'9' * 5000}\n")
    for command in (["check"], ["mutants", "TILL-01"]):
        assert main([*command, "--project", str(stranger.root)]) == 1
        told = capsys.readouterr().out.splitlines()[0]
        assert told.startswith(
            "evidence/claims/till.yml:7  TILL-01 cites till/long.py::long: till/long.py:2 does not "
            "parse (Exceeds the limit (4300 digits) for integer string conversion"
        )
