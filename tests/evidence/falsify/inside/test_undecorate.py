"""falsify.inside.undecorate: one decorator goes and the others stay, or it is not done at all."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest

from evidence.engine.falsify.inside.undecorate import undecorate

Wrappers = dict[int, list[FunctionType]]


def says(word: str, *, mark: str = "") -> Callable[[FunctionType], FunctionType]:
    def decorate(function: FunctionType) -> FunctionType:
        @functools.wraps(function)
        def inner(*args: Any, deep: int = 0, **kwargs: Any) -> Any:
            return [word, *function(*args, **kwargs)]

        if mark:
            inner.mark = mark  # type: ignore[attr-defined]
        assert isinstance(inner, FunctionType)
        return inner

    return decorate


def said(*args: str, last: str = "!") -> list[str]:
    return [*args, last]


def chained(*decorators: Callable[[FunctionType], FunctionType]) -> tuple[Any, Any, Wrappers]:
    """A function of its own, the same with these decorators, the innermost first, and who wraps
    whom."""
    inner = FunctionType(said.__code__, {}, "said", said.__defaults__)
    inner.__kwdefaults__ = said.__kwdefaults__
    outer, wrappers = inner, {}
    for decorate in decorators:
        before, outer = outer, decorate(outer)
        wrappers[id(before)] = [outer]
    return inner, outer, wrappers


@pytest.mark.parametrize(
    ("which", "left"), [(0, ["two", "three"]), (1, ["one", "three"]), (2, ["one", "two"])]
)
def test_one_decorator_goes_and_the_others_stay(which: int, left: list[str]) -> None:
    inner, outer, wrappers = chained(says("one"), says("two"), says("three"))
    assert undecorate(inner, wrappers, which, 3)
    assert outer("a", last="?") == [*reversed(left), "a", "?"]
    assert inner("a") == ["a", "!"]
    wrapped = [outer.__wrapped__.__wrapped__.__wrapped__, outer.__wrapped__.__wrapped__]
    assert wrapped == [inner, wrappers[id(inner)][0]]


def test_what_the_decorator_wrote_on_the_function_goes_from_whoever_copied_it() -> None:
    inner, outer, wrappers = chained(says("one", mark="below"), says("two", mark="here"), says("t"))
    inner.other = "kept"
    assert undecorate(inner, wrappers, 1, 3)
    (two,) = wrappers[id(wrappers[id(inner)][0])]
    assert (two.mark, outer.mark) == ("below", "below")

    assert undecorate(inner, wrappers, 0, 3)
    assert not hasattr(outer, "mark")
    assert not hasattr(two, "mark")
    assert inner.other == "kept"


def test_what_another_decorator_wrote_later_stays() -> None:
    inner, outer, wrappers = chained(says("one", mark="below"), says("two", mark="above"))
    assert undecorate(inner, wrappers, 0, 2)
    assert outer.mark == "above"


async def _later() -> None: ...


def _listed() -> Any:
    yield


@pytest.mark.parametrize("kind", [_later, _listed])
def test_a_wrapper_of_another_kind_is_left_alone(kind: FunctionType) -> None:
    inner, _, _ = chained()
    assert undecorate(inner, {id(inner): [kind]}, 0, 1) is False


def test_a_chain_that_is_not_one_wrapper_a_decorator_is_left_alone() -> None:
    inner, outer, wrappers = chained(says("one"))
    assert undecorate(inner, wrappers, 0, 2) is False
    assert undecorate(inner, {}, 0, 1) is False
    assert undecorate(inner, {id(inner): [outer, outer]}, 0, 1) is False
    assert undecorate(inner, wrappers, 0, 0) is False
    assert outer("a") == ["one", "a", "!"]
