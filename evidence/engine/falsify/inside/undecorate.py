"""Take one decorator off a function that is already decorated, wherever references to it went.

Decorators that keep to the custom of `functools.wraps` leave a chain: each wrapper says in
`__wrapped__` what it wraps. The wrapper that the decorator made stays where it is and only calls
what it wraps; what the decorator wrote on it is wiped off. Where there is no such chain, as behind
one that registers something, nothing is done here: a process of its own loads the edited file.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from types import FunctionType

_INNER = "_what_stands_behind"


def undecorate(
    function: FunctionType, wrappers: Mapping[int, Sequence[FunctionType]], which: int, count: int
) -> bool:
    """Drop the decorator `which` of `count`, counted from the function outwards. `wrappers` are
    those that wrap a function, by its id. False where that cannot be done in this process."""
    chain = [function]
    for _ in range(count):
        found = wrappers.get(id(chain[-1]), ())
        if len(found) != 1:
            return False
        chain += found
    if wrappers.get(id(chain[-1])):
        return False
    inner, outer = chain[which : which + 2]
    if inspect.iscoroutinefunction(outer) or inspect.isgeneratorfunction(outer):
        return False
    wiped = {name: value for name, value in vars(outer).items() if name != "__wrapped__"}
    for each in chain:
        # `wraps` copied them outwards.
        for name, value in wiped.items():
            if vars(each).get(name) is value:
                _restore(each, inner, name)
    _pass_on(outer, inner)
    return True


def _restore(wrapper: FunctionType, inner: FunctionType, name: str) -> None:
    if name in vars(inner):
        setattr(wrapper, name, vars(inner)[name])
    else:
        delattr(wrapper, name)


def _pass_on(outer: FunctionType, inner: FunctionType) -> None:
    """Whoever calls `outer` gets what `inner` gives. Its code must hold the same outer variables,
    so it names them."""
    held = outer.__code__.co_freevars
    lines = (
        f"def hold({', '.join(held)}):",
        f"    def passing(*args, {_INNER}, **kwargs):",
        f"        ({', '.join(held)}{',' if held else ''})",
        f"        return {_INNER}(*args, **kwargs)",
        "    return passing",
    )
    scope: dict[str, FunctionType] = {}
    exec("\n".join(lines), scope)  # noqa: S102 - names of variables, as Python compiled them
    passing = scope["hold"](*held)
    outer.__code__ = passing.__code__
    outer.__defaults__, outer.__kwdefaults__ = None, {_INNER: inner}
