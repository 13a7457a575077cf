"""Put a mutant in place of a function that is already loaded, wherever references to it went.

A function object stays itself: only its code is replaced. So methods, properties, decorated
functions, registered callbacks and names imported elsewhere all run the mutant. That a decorator
went shows in what it made of the function, so there the wrapper's code is replaced.
"""

from __future__ import annotations
import __future__

import functools
import gc
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from .undecorate import undecorate

_Key = tuple[str, str, int]  # The file, the dotted name and the first line, as code knows them.
# Whose caches no function of a project has a part in: Python's own, and those of who runs tests.
# To empty them takes longer than a small test, and to fill them again longer still.
_OTHERS = sys.stdlib_module_names | {"_pytest", "coverage", "hypothesis", "pluggy", "pytest"}
# What a file imports from `__future__` stands in each of its functions.
_FUTURE = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
_DEEPEST = 50  # Wrappers around one function, before it is taken that they go round in a circle.


class CannotPatch(Exception):
    """The mutant cannot be put in place here; the message says why."""


@dataclass
class Loaded:
    """Functions of the project's files that were alive when it was looked for them, and caches of
    what may hang on them."""

    functions: dict[_Key, list[FunctionType]] = field(default_factory=lambda: defaultdict(list))
    # By file, the keys of those functions; a file is among these once it is loaded.
    files: dict[str, list[_Key]] = field(default_factory=lambda: defaultdict(list))
    # Whoever says in `__wrapped__` that it wraps the function of this id.
    wrappers: dict[int, list[FunctionType]] = field(default_factory=lambda: defaultdict(list))
    caches: list[Any] = field(default_factory=list)

    def forget(self) -> None:
        """Empty the caches: what they know was worked out by the code as it was until now. To empty
        one that is empty would touch more of a fork's memory than to look at it."""
        for cache in self.caches:
            if cache.cache_info().currsize:
                cache.cache_clear()


def loaded_under(root: Path) -> Loaded:
    """Every function whose code comes from below the root."""
    found, inside = Loaded(), f"{root}/"
    for thing in gc.get_objects():
        # By type alone: to ask a lazy object for its class would wake it up.
        if type(thing) is FunctionType:
            if type(inner := vars(thing).get("__wrapped__")) is FunctionType:
                found.wrappers[id(inner)].append(thing)
            code = thing.__code__
            if code.co_filename.startswith(inside):
                if not (same := found.functions[key := _key(code)]):
                    found.files[code.co_filename].append(key)
                same.append(thing)
        elif type(thing) is functools._lru_cache_wrapper and not _is_others(thing):
            found.caches.append(thing)
    return found


def patch(
    loaded: Loaded,
    *,
    file: str,
    unit: str,
    first_line: int,
    text: str,
    around: tuple[int, int] | None = None,
    undecorated: tuple[int, int] | None = None,
) -> None:
    """Replace the unit's code, and that of everything defined in it, by the mutant's; or take off
    the decorator that the mutant lacks, as `Mutant.undecorated` tells it. `around` are the lines
    of the statement of the file that holds the unit; without them all of the text is compiled.

    A file that is not loaded yet is left alone: whoever loads it reads the mutant from disk.
    Raises CannotPatch.
    """
    if file not in loaded.files:
        return
    if undecorated:
        _undecorate(loaded, (file, unit, first_line), *undecorated)
        return
    if not (functions := loaded.functions.get((file, unit, first_line))):
        raise CannotPatch("no function of that name is loaded from that line")
    old, *_ = functions
    module = _compiled(text, file, around, old.__code__.co_flags & _FUTURE)
    new = next(
        (
            code
            for code in _codes(module)
            if _names(code, unit) and code.co_firstlineno == first_line
        ),
        None,
    )
    if new is None:
        raise CannotPatch("the mutant does not define it")
    _refuse_moved(loaded, file, unit, codes_by_key(new))
    for code, others in codes_by_key(new).items():
        for function in loaded.functions.get(code, ()):
            if len(others) > 1:
                raise CannotPatch("it holds two functions that nothing tells apart")
            _replace(function, *others)
    loaded.forget()


def _compiled(text: str, file: str, around: tuple[int, int] | None, future: int) -> CodeType:
    """The text's code, or that of these lines of it alone: a long file takes as long as a test."""
    if around:
        first, last = around
        # The end of a file continues no line, so neither does the end of these.
        text = "\n" * (first - 1) + "\n".join(text.split("\n")[first - 1 : last]) + "\n\n"
    try:
        code: CodeType = compile(text, file, "exec", future, dont_inherit=True)
    except SyntaxError as error:
        raise CannotPatch("it cannot be compiled by itself") from error
    return code


def _refuse_moved(loaded: Loaded, file: str, unit: str, new: Mapping[_Key, object]) -> None:
    """What the function defined before it was broken lives on, such as what decorators returned;
    each such function must have its like in the mutant."""
    inner = f"{unit}.<locals>."
    for key in loaded.files[file]:
        if key[1].startswith(inner) and key not in new:
            raise CannotPatch("a function defined in it stands elsewhere now")


def _is_others(cache: Any) -> bool:
    """Whether what it remembers is worked out without the project's functions: each function
    behind it was written by those others, whatever it says of itself."""
    link = cache
    for _ in range(_DEEPEST):
        if "__wrapped__" not in vars(link):
            return link is not cache
        link = vars(link)["__wrapped__"]
        if type(link) is functools._lru_cache_wrapper:
            continue
        if type(link) is not FunctionType or _written_in(link) not in _OTHERS:
            return False
    return False


def _written_in(function: FunctionType) -> str:
    return str(function.__globals__.get("__name__")).partition(".")[0]


def _undecorate(loaded: Loaded, key: _Key, which: int, count: int) -> None:
    functions = loaded.functions.get(key, ())
    done = [undecorate(each, loaded.wrappers, which, count) for each in functions]
    if not done or not all(done):
        raise CannotPatch("what the decorator did shows only when the file is loaded")


def _replace(function: FunctionType, code: CodeType) -> None:
    try:
        function.__code__ = code
    except ValueError as error:
        raise CannotPatch("the mutant refers to other outer variables") from error


def codes_by_key(code: CodeType) -> dict[_Key, list[CodeType]]:
    """The code and everything in it, by what tells one from another."""
    found: dict[_Key, list[CodeType]] = defaultdict(list)
    for each in (code, *_codes(code)):
        found[_key(each)].append(each)
    return found


def _codes(code: CodeType) -> Iterator[CodeType]:
    """All code objects within one, however deep."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _names(code: CodeType, unit: str) -> bool:
    return code.co_qualname == unit


def _key(code: CodeType) -> _Key:
    return code.co_filename, code.co_qualname, code.co_firstlineno
