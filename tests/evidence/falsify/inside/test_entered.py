"""falsify.inside.entered: each function notes that it was entered, and does what it did."""

from __future__ import annotations

import importlib.util
import py_compile
import sys
from collections.abc import Callable, Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from evidence.engine.falsify.inside.entered import Entered

CODE = '''"""Seen as they are loaded."""
from __future__ import annotations
import functools


def charged(paid, price=2):
    """What comes back."""
    rest = paid - price
    return rest


def texted():
    """Nothing but this."""


class Till:
    """A till."""

    @property
    def held(self):
        return 3

    class Drawer:
        async def opened(self): return [n async for n in self.coins()]

        async def coins(self):
            yield 1


def counted(n):
    for each in range(n):
        yield each


def made():
    def inner():
        return made
    return inner


@functools.cache
def remembered():
    """Once."""
    return worked_out()


def worked_out():
    return 4


def asks():
    return worked_out()


after = made()
'''
NAMES = [
    *("charged", "texted", "Till.held", "Till.Drawer.opened", "Till.Drawer.coins"),
    *("counted", "made", "remembered", "worked_out", "asks"),
]
Load = Callable[..., Any]


@pytest.fixture
def entered(tmp_path: Path) -> Iterator[Entered]:
    found = Entered(tmp_path, ["seen.py", "not_there.py"])
    with found.watching():
        yield found


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Load]:
    """Loads a file of this text as Python does."""

    def loaded(text: str = CODE, name: str = "seen") -> ModuleType:
        file = tmp_path / f"{name}.py"
        file.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(f"{name}_here", file)
        assert spec is not None
        assert spec.loader is not None
        found = importlib.util.module_from_spec(spec)
        sys.modules[f"{name}_here"] = found
        spec.loader.exec_module(found)
        return found

    yield loaded
    for name in ("seen", "other"):
        sys.modules.pop(f"{name}_here", None)


def told(entered: Entered) -> list[str]:
    return _named(entered, entered.told())


def lasting(entered: Entered) -> list[str]:
    return _named(entered, sorted(entered.lasting))


def _named(entered: Entered, numbers: list[int]) -> list[str]:
    return [entered.names[number].partition("::")[2] for number in numbers]


def test_functions_and_methods_note_it_and_not_what_is_defined_in_them(
    entered: Entered, load: Load
) -> None:
    load()
    assert entered.names == [f"seen.py::{name}" for name in NAMES]


def test_what_is_entered_is_told_until_it_is_forgotten(entered: Entered, load: Load) -> None:
    module = load()
    entered.forget()
    assert module.charged(5) == 3
    assert module.charged(5, price=1) == 4
    assert (module.Till().held, module.texted()) == (3, None)
    assert told(entered) == ["charged", "texted", "Till.held"]
    entered.forget()
    assert told(entered) == []
    assert (list(module.counted(2)), module.made()()) == ([0, 1], module.made)
    assert told(entered) == ["counted", "made"]


def test_a_coroutine_notes_it_when_it_runs(entered: Entered, load: Load) -> None:
    module = load()
    entered.forget()
    running = module.Till.Drawer().opened()
    assert told(entered) == []
    running.close()
    with pytest.raises(StopIteration) as ended:
        module.Till.Drawer().opened().send(None)
    assert ended.value.value == [1]
    assert told(entered) == ["Till.Drawer.opened", "Till.Drawer.coins"]


def test_what_a_file_enters_as_it_is_loaded_stays_for_all(entered: Entered, load: Load) -> None:
    module = load()
    assert lasting(entered) == ["made"]
    module.asks()
    assert lasting(entered) == ["made"]
    # It was entered all the same, before and after.
    assert told(entered) == ["made", "worked_out", "asks"]


def test_what_is_remembered_stays_for_all_with_what_it_was_worked_out_by(
    entered: Entered, load: Load
) -> None:
    module = load()
    entered.forget()
    module.charged(1)
    assert [module.remembered() for _ in range(2)] == [4, 4]
    assert lasting(entered) == ["made", "worked_out"]
    assert told(entered) == ["charged", "remembered", "worked_out"]


def test_what_fails_as_it_is_remembered_was_entered(entered: Entered, load: Load) -> None:
    module = load(CODE.replace("return 4", "raise LookupError"))
    entered.forget()
    with pytest.raises(LookupError):
        module.remembered()
    assert lasting(entered) == ["made", "worked_out"]
    assert told(entered) == ["remembered", "worked_out"]


def test_what_was_entered_may_stay(entered: Entered, load: Load) -> None:
    load().texted()
    entered.stays(entered.told())
    entered.forget()
    assert lasting(entered) == ["texted", "made"]
    assert told(entered) == []


def test_what_stays_within_what_stays_takes_nothing_from_it(entered: Entered, load: Load) -> None:
    module = load()
    entered.forget()
    module.charged(1)
    with entered.staying():
        module.texted()
        with entered.staying():
            module.worked_out()
    assert lasting(entered) == ["texted", "made", "worked_out"]
    assert told(entered) == ["charged", "texted", "worked_out"]


def test_what_is_entered_apart_is_kept_there_and_told_nowhere_else(
    entered: Entered, load: Load
) -> None:
    module = load()
    entered.forget()
    module.charged(1)
    outer: set[int] = set()
    inner: set[int] = set()
    with entered.apart(outer):
        module.texted()
        with entered.staying():
            module.asks()
        with entered.apart(inner):
            module.counted(1)
            list(module.counted(1))
    assert _named(entered, sorted(outer)) == ["texted", "worked_out", "asks"]
    assert _named(entered, sorted(inner)) == ["counted"]
    assert lasting(entered) == ["made", "worked_out", "asks"]
    with entered.staying():
        with entered.apart(inner):
            module.texted()
        assert told(entered) == ["charged"]


def test_each_is_told_once_until_all_is_forgotten(entered: Entered, load: Load) -> None:
    module = load()
    entered.forget()
    module.charged(1)
    assert told(entered) == ["charged"]
    module.charged(1)
    module.texted()
    assert told(entered) == ["texted"]
    entered.forget()
    module.charged(1)
    assert told(entered) == ["charged"]


def test_once_it_is_over_nothing_stays(entered: Entered, load: Load) -> None:
    module = load()
    entered.forget()
    entered.is_over = True
    module.charged(1)
    assert module.remembered() == 4
    assert lasting(entered) == ["made"]
    assert told(entered) == ["charged", "remembered", "worked_out"]


def test_two_that_stay_at_once_take_nothing_from_each_other(entered: Entered, load: Load) -> None:
    """As two threads may: whichever takes what was noted, the other finds nothing, and goes on."""
    module = load()
    entered.forget()
    module.charged(1)
    with entered.staying(), entered.staying():
        module.texted()
    assert told(entered) == ["charged", "texted"]


def test_what_processes_would_find_on_disk_is_as_ever(
    entered: Entered, load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    load()
    assert not (tmp_path / "__pycache__").exists()
    compiled = py_compile.compile(str(tmp_path / "seen.py"), doraise=True)
    assert compiled is not None
    assert entered._notes.encode() not in Path(compiled).read_bytes()


def test_what_compiles_from_a_text_and_not_from_a_tree_is_left_as_it_is(
    entered: Entered, load: Load
) -> None:
    terms = "+".join("1" for _ in range(1500))
    assert load(f"def long():\n    return {terms}\n").long() == 1500
    assert (entered.names, told(entered)) == ([], [])


def test_what_never_ends_hides_nothing(entered: Entered, load: Load) -> None:
    """A generator that is remembered, and not asked for all it has."""
    module = load(
        "import functools\n\ndef first():\n    return 1\n\n@functools.cache\n"
        "def some():\n    yield first()\n    yield 2\n"
    )
    entered.forget()
    module.first()
    held = module.some()
    assert next(held) == 1
    assert told(entered) == ["first", "some"]
    entered.forget()
    assert told(entered) == []


def test_a_file_that_is_loaded_again_keeps_its_numbers(entered: Entered, load: Load) -> None:
    load()
    load("def other():\n    return 1\n", "not_there")
    again = load()
    assert entered.names == [*(f"seen.py::{name}" for name in NAMES), "not_there.py::other"]
    entered.forget()
    again.texted()
    assert told(entered) == ["texted"]
    sys.modules.pop("not_there_here")


def test_a_file_that_is_not_watched_is_left_as_it_is(entered: Entered, load: Load) -> None:
    assert load(name="other").charged(5) == 3
    assert (entered.names, told(entered), lasting(entered)) == ([], [], [])


def test_a_file_is_compiled_by_its_own_rules(entered: Entered, load: Load) -> None:
    """None of `from __future__` comes with whoever watches it."""
    text = "def typed():\n    def inner(n: int): ...\n    return inner.__annotations__\n"
    assert load(text).typed() == {"n": int}
    assert told(entered) == ["typed"]


@pytest.mark.parametrize("text", ["def f(:\n", "def f(): ...\n\0"])
def test_a_file_that_is_no_python_fails_as_ever(entered: Entered, load: Load, text: str) -> None:
    with pytest.raises((SyntaxError, ValueError)):
        load(text)
    assert entered.names == []


def test_texts_and_lines_stay(entered: Entered, load: Load) -> None:
    module = load()
    assert (module.charged.__doc__, module.charged.__defaults__) == ("What comes back.", (2,))
    assert module.remembered.__doc__ == "Once."
    assert module.charged.__code__.co_firstlineno == 6
    with pytest.raises(TypeError) as wrong:
        module.charged("a")
    assert wrong.traceback[-1].lineno == 7
    lines = {line for _, _, line in module.remembered.__wrapped__.__code__.co_lines()}
    assert lines - {None} == {41, 42, 44}


def test_once_it_is_over_files_are_loaded_as_before(tmp_path: Path, load: Load) -> None:
    before = SourceFileLoader.get_code, SourceFileLoader.exec_module
    found = Entered(tmp_path, ["seen.py"])
    with found.watching():
        assert SourceFileLoader.get_code is not before[0]
    assert (SourceFileLoader.get_code, SourceFileLoader.exec_module) == before
    load().charged(5)
    assert (found.names, found.told()) == ([], [])
