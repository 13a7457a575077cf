"""falsify.inside.patch: a mutant runs wherever the function went, or it is said that it cannot."""

from __future__ import annotations
import __future__

import fnmatch
import functools
import importlib.util
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from evidence.engine.falsify.inside.patch import (
    CannotPatch,
    Loaded,
    _is_others,
    loaded_under,
    patch,
)

CODE = """\
import functools

def double(n):
    return n + n

def logged(function):
    @functools.wraps(function)
    def inner(n):
        return function(n)
    return inner

@logged
@functools.lru_cache
def squared(n):
    return n * n

def negated(function):
    @functools.wraps(function)
    def inner(n):
        return -function(n)
    return inner

@negated
def raised(n):
    return n ** 3

class Box:
    def __init__(self, held):
        self.held = held

    @property
    def size(self):
        return self.held + 1

    @staticmethod
    def parts(n):
        for part in range(n):
            yield part + 1

class Counted(Box):
    def __init__(self):
        super().__init__(1)

def typed():
    def inner(n: int): ...
    return inner.__annotations__, 1

def pair():
    return (lambda n: n + 1, lambda n: n + 2)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "plants.py"
    path.write_text(CODE, encoding="utf-8")
    return path


@pytest.fixture
def plants(file: Path) -> Any:
    """The module, loaded as from anywhere else."""
    spec = importlib.util.spec_from_file_location("plants", file)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def put(
    loaded: Loaded,
    file: Path,
    unit: str,
    first: str,
    was: str,
    becomes: str,
    around: tuple[int, int] | None = None,
) -> None:
    """Put in place the unit that begins with this line, as it is when `was` reads otherwise."""
    assert CODE.count(was) == 1, was
    line = CODE.splitlines().index(first) + 1
    text = CODE.replace(was, becomes)
    patch(loaded, file=str(file), unit=unit, first_line=line, text=text, around=around)


DOUBLE = ("double", "def double(n):", "return n + n")


def test_a_function_that_was_imported_elsewhere_runs_the_mutant(plants: Any, file: Path) -> None:
    elsewhere = plants.double
    put(loaded_under(file.parent), file, *DOUBLE, "return n - n")
    assert (elsewhere(4), plants.double(4)) == (0, 0)


def test_what_stands_behind_decorators_and_in_a_cache_runs_the_mutant(
    plants: Any, file: Path
) -> None:
    assert plants.squared(3) == 9
    put(loaded_under(file.parent), file, "squared", "@logged", "return n * n", "return n + n")
    assert plants.squared(3) == 6


def test_caches_of_python_and_of_who_runs_tests_stay_filled(plants: Any, file: Path) -> None:
    fnmatch.fnmatch("a", "a*")
    of_python = fnmatch._compile_pattern  # type: ignore[attr-defined] # Python's own, not told
    mine = {
        "its own": plants.squared.__wrapped__,
        "of no plain function": functools.lru_cache(functools.partial(plants.double, 2)),
        "in another's name": functools.lru_cache(functools.wraps(fnmatch.fnmatch)(plants.double)),
        "behind another cache": functools.lru_cache(plants.squared.__wrapped__),
    }
    others = {
        "of one function": of_python,
        "behind another cache": functools.lru_cache(of_python),
    }
    circle = mine["in a circle"] = functools.lru_cache(fnmatch.translate)
    # Nobody declares it, and it is what the chain is followed by.
    circle.__wrapped__ = circle  # type: ignore[attr-defined]

    found = {name for name, cache in others.items() if _is_others(cache) is True}
    left = {name for name, cache in mine.items() if _is_others(cache) is False}
    caches = {id(cache) for cache in loaded_under(file.parent).caches}

    assert (found, left) == (others.keys(), mine.keys())
    assert id(plants.squared.__wrapped__) in caches
    assert id(of_python) not in caches


def test_properties_and_generators_run_the_mutant(plants: Any, file: Path) -> None:
    box, loaded = plants.Box(1), loaded_under(file.parent)
    put(loaded, file, "Box.size", "    @property", "self.held + 1", "self.held - 1")
    put(loaded, file, "Box.parts", "    @staticmethod", "yield part + 1", "yield part - 1")
    assert (box.size, list(plants.Box.parts(2))) == (0, [-1, 0])


def test_what_is_defined_inside_is_replaced_with_it(plants: Any, file: Path) -> None:
    decorated, loaded = plants.squared, loaded_under(file.parent)
    put(
        loaded, file, "logged", "def logged(function):", "return function(n)", "return -function(n)"
    )
    assert decorated(3) == -9


def test_a_mutant_is_compiled_by_its_own_file_s_rules(plants: Any, file: Path) -> None:
    """None of `from __future__` comes with whoever puts it in place."""
    put(
        loaded_under(file.parent),
        file,
        "typed",
        "def typed():",
        "__annotations__, 1",
        "__annotations__, 2",
    )
    assert plants.typed() == ({"n": int}, 2)


FUTURE = """\
from __future__ import annotations
lost = later  # fails when it runs, and nobody runs it again

if True:
    @str
    def shown(): ...

    class Till:
        @property
        def price(self, of: unknown = None):
            return self.__rate, held
        __rate = 2
"""


def test_only_the_statement_around_the_unit_is_compiled_and_means_what_it_meant(
    tmp_path: Path,
) -> None:
    """Its lines, its class, and what the file imported from `__future__`; other lines are not
    even read."""
    file = tmp_path / "till.py"
    file.write_text(FUTURE, encoding="utf-8")
    module: dict[str, Any] = {"later": 1}
    exec(compile(FUTURE, file, "exec", dont_inherit=True), module)  # noqa: S102 - as an import does
    loaded, box = loaded_under(tmp_path), module["Till"]()
    lines = FUTURE.replace("self.__rate,", "-self.__rate,").splitlines()
    text = "\n".join([*lines[:1], "this is no Python", *lines[2:]])
    where = {"file": str(file), "unit": "Till.price", "first_line": 9}

    patch(loaded, **where, text=text, around=(3, 12))  # type: ignore[arg-type] # as told by a server

    getter = module["Till"].price.fget
    with pytest.raises(NameError, match="held"):
        _ = box.price
    assert getter.__code__.co_firstlineno == 9
    assert getter.__code__.co_names[0] == "_Till__rate"
    assert getter.__code__.co_flags & __future__.annotations.compiler_flag
    with pytest.raises(CannotPatch, match="cannot be compiled by itself"):
        patch(loaded, **where, text=text)  # type: ignore[arg-type] # as told by a server


def test_only_a_cache_that_holds_something_is_emptied(plants: Any, file: Path) -> None:
    """To empty one that is empty takes a fork longer than to look at it."""
    emptied = []

    class Cache:
        def __init__(self, held: int) -> None:
            self.held = held

        def cache_info(self) -> Any:
            return SimpleNamespace(currsize=self.held)

        def cache_clear(self) -> None:
            emptied.append(self.held)

    assert plants.squared(3) == 9
    loaded = loaded_under(file.parent)
    loaded.caches += [Cache(0), Cache(1), Cache(7)]
    loaded.forget()
    assert emptied == [1, 7]
    assert plants.squared.__wrapped__.cache_info().currsize == 0


def test_a_file_that_nobody_loaded_is_left_to_whoever_loads_it(plants: Any, file: Path) -> None:
    loaded = loaded_under(file.parent)
    put(loaded, file.with_name("other.py"), *DOUBLE, "return n - n")
    assert plants.double(4) == 8
    assert loaded.files.keys() == {str(file)}
    assert loaded_under(file.parent / "elsewhere").files == {}


@pytest.mark.parametrize(
    ("unit", "first", "was", "becomes", "why"),
    [
        ("double", "def double(n):", "def double(n)", "def other(n)", "does not define it"),
        ("double", "import functools", "return n + n", "return n", "is loaded from that line"),
        (
            "Counted.__init__",
            "    def __init__(self):",
            "super().__init__(1)",
            "pass",
            "other outer variables",
        ),
        ("pair", "def pair():", "n + 1, lambda", "n - 1, lambda", "two functions that nothing"),
    ],
)
def test_what_cannot_be_put_in_place_says_why(
    plants: Any, file: Path, unit: str, first: str, was: str, becomes: str, why: str
) -> None:
    one, other = plants.pair()
    with pytest.raises(CannotPatch, match=why):
        put(loaded_under(file.parent), file, unit, first, was, becomes)
    assert (one(1), other(1)) == (2, 3)


def test_what_lives_on_from_before_has_to_have_its_like_in_the_mutant(
    plants: Any, file: Path
) -> None:
    first = "def logged(function):"
    with pytest.raises(CannotPatch, match="a function defined in it stands elsewhere now"):
        put(loaded_under(file.parent), file, "logged", first, first, f"{first}\n    pass")
    assert plants.squared(3) == 9


def test_a_function_that_is_gone_cannot_be_replaced(plants: Any, file: Path) -> None:
    loaded = loaded_under(file.parent)
    loaded.functions.clear()
    with pytest.raises(CannotPatch, match="no function of that name is loaded from that line"):
        put(loaded, file, *DOUBLE, "return n - n")


def drop(loaded: Loaded, file: Path, unit: str, first: str, which: int, count: int) -> None:
    """By what the loaded wrappers say alone, whatever the file's text is now."""
    line = CODE.splitlines().index(first) + 1
    undecorated = which, count
    patch(loaded, file=str(file), unit=unit, first_line=line, text="", undecorated=undecorated)


def test_a_decorator_that_wraps_is_taken_off(plants: Any, file: Path) -> None:
    elsewhere = plants.raised
    assert elsewhere(2) == -8
    drop(loaded_under(file.parent), file, "raised", "@negated", 0, 1)
    assert elsewhere(2) == 8


def test_a_decorator_behind_a_cache_cannot_be_taken_off_here(plants: Any, file: Path) -> None:
    with pytest.raises(CannotPatch, match="shows only when the file is loaded"):
        drop(loaded_under(file.parent), file, "squared", "@logged", 1, 2)
    assert plants.squared(3) == 9


def test_a_function_defined_in_it_that_lives_on_has_to_stand_where_it_stood(
    plants: Any, file: Path
) -> None:
    """A wrapper that a decorator returned would stay whole, and nobody would notice anything."""
    becomes = "pass\n        return -function(n)"
    with pytest.raises(CannotPatch, match="a function defined in it stands elsewhere now"):
        put(
            loaded_under(file.parent),
            file,
            "logged",
            "def logged(function):",
            "    @functools.wraps(function)\n    def inner(n):\n        return function(n)",
            f"    def other(n):\n        {becomes}\n    inner = other",
        )
    assert plants.squared(3) == 9
