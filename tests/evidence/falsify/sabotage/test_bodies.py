"""falsify.sabotage.bodies: what a fork can show of a patch is the bodies of functions alone."""

from __future__ import annotations

import pytest

from evidence.engine.falsify.sabotage.bodies import changes

BEFORE = """\
LIMIT = 3


@guarded
def charged(amount, most=LIMIT):
    fee = 1
    return min(amount + fee, most)


class Till:
    size = 1

    @property
    def held(self):
        return self._held

    @held.setter
    def held(self, pennies):
        self._held = pennies


def short(): return 1


def last():
    return 2
"""


def changed(*edits: tuple[str, str]) -> str:
    after = BEFORE
    for was, becomes in edits:
        assert after.count(was) == 1
        after = after.replace(was, becomes)
    return after


def test_each_function_whose_body_differs_stands_alone_in_the_old_text() -> None:
    after = changed(
        ("    fee = 1\n", "    fee = 1\n    fee += 1\n"),
        ("self._held = pennies", "self._held += pennies"),
        ("    return 2", "    return 3"),
    )
    found = changes("shop/till.py", BEFORE, after)
    assert found is not None
    assert [(each.path, each.unit, each.first_line, each.span) for each in found] == [
        ("shop/till.py", "charged", 4, (6, 7)),
        ("shop/till.py", "Till.held", 17, (19, 19)),
        ("shop/till.py", "last", 25, (26, 26)),
    ]
    assert found[0].text == changed(("    fee = 1\n", "    fee = 1\n    fee += 1\n"))
    assert found[1].text == changed(("self._held = pennies", "self._held += pennies"))
    assert found[2].text == changed(("    return 2", "    return 3"))


def test_a_file_that_is_the_same_has_no_changes() -> None:
    assert changes("shop/till.py", BEFORE, BEFORE) == ()


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        pytest.param("LIMIT = 3", "LIMIT = 4", id="constant"),
        pytest.param("@guarded\n", "", id="decorator"),
        pytest.param("most=LIMIT", "most=4", id="default"),
        pytest.param("size = 1", "size = 2", id="of a class"),
        pytest.param("def short(): return 1", "def short(): return 2", id="on the line of its def"),
        pytest.param("def last():\n    return 2\n", "", id="function gone"),
        pytest.param("    return 2", "    return (", id="no Python"),
        pytest.param("LIMIT = 3", "LIMIT = " + "-" * 100_000 + "3", id="too deep to be read"),
    ],
)
def test_anything_else_shows_only_when_the_file_is_loaded(was: str, becomes: str) -> None:
    assert changes("shop/till.py", BEFORE, changed((was, becomes))) is None
    both = changed((was, becomes), ("    fee = 1", "    fee = 2"))
    assert changes("shop/till.py", BEFORE, both) is None
