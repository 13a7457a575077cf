"""falsify.inside.entered: each function notes that it was entered, and does what it did."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest

from evidence.engine.falsify.inside.entered import Entered
from evidence.engine.falsify.inside.patch import Loaded, loaded_under

CODE = '''"""Seen as they are loaded."""
from __future__ import annotations


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

after = made()
'''
NAMES = [
    *("charged", "texted", "Till.held", "Till.Drawer.opened", "Till.Drawer.coins"),
    *("counted", "made"),
]


@pytest.fixture
def module(tmp_path: Path) -> Iterator[Any]:
    """Loaded from `seen.py`, as from anywhere else."""
    file = tmp_path / "seen.py"
    file.write_text(CODE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("seen_here", file)
    assert spec is not None
    assert spec.loader is not None
    found: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules["seen_here"] = found
    spec.loader.exec_module(found)
    yield found
    sys.modules.pop("seen_here")


@pytest.fixture
def entered(module: Any, tmp_path: Path) -> Entered:
    watching = Entered()
    watching.watch(loaded_under(tmp_path), tmp_path, ["seen.py", "not_there.py"])
    return watching


def told(entered: Entered) -> list[str]:
    numbers = entered.told()
    assert numbers is not None
    return [entered.names[number].partition("::")[2] for number in numbers]


def test_functions_and_methods_are_watched_and_not_what_is_defined_in_them(
    entered: Entered,
) -> None:
    assert entered.names == [f"seen.py::{name}" for name in NAMES]
    assert entered.unseen == []
    assert told(entered) == []


def test_what_is_entered_is_told_until_it_is_forgotten(module: Any, entered: Entered) -> None:
    assert module.charged(5) == 3
    assert module.charged(5, price=1) == 4
    assert (module.Till().held, module.texted()) == (3, None)
    assert told(entered) == ["charged", "texted", "Till.held"]
    entered.forget()
    assert told(entered) == []
    assert (list(module.counted(2)), module.made()()) == ([0, 1], module.made)
    assert told(entered) == ["counted", "made"]


def test_a_coroutine_notes_it_when_it_runs(module: Any, entered: Entered) -> None:
    running = module.Till.Drawer().opened()
    assert told(entered) == []
    running.close()
    with pytest.raises(StopIteration) as ended:
        module.Till.Drawer().opened().send(None)
    assert ended.value.value == [1]
    assert told(entered) == ["Till.Drawer.opened", "Till.Drawer.coins"]


def test_a_file_is_compiled_by_its_own_rules(tmp_path: Path) -> None:
    """None of `from __future__` comes with whoever watches it."""
    file, watching, made = tmp_path / "typed.py", Entered(), {}
    file.write_text("def typed():\n    def inner(n: int): ...\n    return inner.__annotations__\n")
    exec(compile(file.read_text(), str(file), "exec", dont_inherit=True), made)  # noqa: S102 - ours
    watching.watch(loaded_under(tmp_path), tmp_path, ["typed.py"])
    assert made["typed"]() == {"n": int}
    assert watching.told() == [0]


def test_a_template_that_was_compiled_is_left_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("{% from 'layout.md' import badge -%}\n", encoding="utf-8")
    scope: dict[str, Any] = {}
    exec(compile("def root(): return 7", page, "exec"), scope)  # noqa: S102 - as Jinja does
    found = Entered()
    found.watch(loaded_under(tmp_path), tmp_path, ["page.md"])
    assert scope["root"]() == 7
    assert (found.names, found.unseen, found.told()) == ([], [], [])


def test_nothing_was_entered_where_nothing_is_watched() -> None:
    assert Entered().told() == []


def test_what_was_defined_before_lives_on(module: Any, entered: Entered) -> None:
    assert module.after() is module.made
    assert told(entered) == []


def test_texts_and_lines_stay(module: Any, tmp_path: Path) -> None:
    Entered().watch(loaded_under(tmp_path), tmp_path, ["seen.py"])
    assert (module.charged.__doc__, module.charged.__defaults__) == ("What comes back.", (2,))
    assert module.charged.__code__.co_firstlineno == 5
    with pytest.raises(TypeError) as wrong:
        module.charged("a")
    assert wrong.traceback[-1].lineno == 6


def test_a_function_that_was_made_of_another_text_is_not_seen(module: Any, tmp_path: Path) -> None:
    (tmp_path / "seen.py").write_text("\n" + CODE, encoding="utf-8")
    watching = Entered()
    watching.watch(loaded_under(tmp_path), tmp_path, ["seen.py"])
    assert set(watching.unseen) == {f"seen.py::{name}" for name in NAMES}
    assert module.charged(5) == 3
    assert told(watching) == []


@pytest.mark.usefixtures("module")
def test_a_function_with_other_outer_variables_is_not_seen(tmp_path: Path) -> None:
    price = 2

    def charged(paid: int) -> int:
        return paid - price

    file, loaded, watching = str(tmp_path / "seen.py"), Loaded(), Entered()
    key = (file, "charged", 5)
    loaded.files[file].append(key)
    loaded.functions[key].append(charged)
    watching.watch(loaded, tmp_path, ["seen.py"])
    assert watching.unseen == ["seen.py::charged"]


def test_a_file_that_is_loaded_later_leaves_nothing_known(
    module: Any, entered: Entered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = ModuleType("late")
    late.__file__ = str(tmp_path / "not_there.py")
    monkeypatch.setitem(sys.modules, "late", late)
    assert entered.told() is None


class _Module:
    """Counts how often anybody looked at what lies in it."""

    looks = 0

    # As a lazy module does, which works something out when it is asked what lies in it.
    @property
    def __dict__(self) -> dict[str, object]:  # type: ignore[override]
        _Module.looks += 1
        return {}


def test_what_was_loaded_before_is_not_looked_at_again(
    module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "before", cast(ModuleType, _Module()))
    monkeypatch.setitem(sys.modules, "newest", ModuleType("newest"))
    watching = Entered()
    watching.watch(loaded_under(tmp_path), tmp_path, ["seen.py", "not_there.py"])
    looks = _Module.looks
    assert looks == 1
    assert module.charged(5) == 3
    assert told(watching) == ["charged"]
    assert _Module.looks == looks
