"""Body lines agree with what Python itself says it runs."""

from __future__ import annotations

import ast
import sys

import pytest

from evidence.engine.source.body import body_lines_of, functions_and_classes

ONCE = '''\
def example(
    a=1, *, b: int = 2
) -> int:
    """One.

    Two.
    """
    with open(
        "/dev/null",
    ) as f:
        f.read()
    try:
        for x in [1,
                  2]:
            a += x
        else:
            a -= 1
        while a < 0:
            a = 0
        raise ValueError
    except (
        ValueError
    ) as e:
        b = str(e)
    finally:
        a = 5
    match a:
        case 5 if (
            b == ""
        ):
            a = 6
        case _:
            pass

    def inner(
        c=1,
    ):
        """Docstring."""
        return c

    class Inner:
        """Docstring."""
        d = 1
    return inner() + Inner.d
'''


def function_lines(source: str) -> frozenset[int]:
    return body_lines_of(ast.parse(source).body[0])


def lines_run_by_a_call(source: str) -> set[int]:
    """What a call runs, and what only the definition does is not in it."""
    space: dict[str, object] = {}
    exec(compile(source, "once.py", "exec"), space)  # noqa: S102
    seen: set[int] = set()

    def trace(frame, event, _arg):
        if frame.f_code.co_filename == "once.py" and event == "line":
            seen.add(frame.f_lineno)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        space["example"]()
    finally:
        sys.settrace(before)
    return seen


def test_every_line_that_a_call_runs_is_a_body_line():
    ran = lines_run_by_a_call(ONCE)

    assert ran - {42}, "the call ran nothing"
    # The docstring of a class inside is set by the call, but it proves no work of the function.
    assert ran - function_lines(ONCE) <= {42}


def test_head_docstring_and_blank_lines_are_no_body_lines():
    assert function_lines(ONCE) & {1, 2, 3, 4, 5, 6, 7, 16, 25, 34, 38} == set()


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("def a(): return 1\n", set()),
        ("def a():\n    pass\n", {2}),
        ('def a():\n    """Only words."""\n', set()),
        ("def a(\n    b,\n): return 1\n", {3}),
        ("@cache\ndef a(b=lambda: 1):\n    return b\n", {3}),
        ("class A:\n    x = 1\n    f = lambda: 1\n", set()),
        ("class A:\n    if True:\n        def f(self):\n            return 1\n", {4}),
        ("class A:\n    class B:\n        async def f(self):\n            return 1\n", {4}),
    ],
)
def test_body_holds_only_what_a_call_runs(source, lines):
    assert function_lines(source) == lines


def test_functions_are_found_beside_an_expression_of_any_depth() -> None:
    deep = "+".join(["1"] * 1200)
    found = functions_and_classes(ast.parse(f"X = {deep}\n\n\ndef total():\n    return X\n"))
    assert [each.name for each in found] == ["total"]


def test_functions_are_found_in_reading_order_among_branches_of_any_depth() -> None:
    branches = "".join(f"elif n == {n}:\n    def f{n}(): ...\n" for n in range(1200))
    tree = ast.parse(f"if n:\n    def first(): ...\n{branches}else:\n    def last(): ...\n")
    names = [each.name for each in functions_and_classes(tree)]
    assert names == ["first", *(f"f{n}" for n in range(1200)), "last"]
