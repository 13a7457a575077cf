"""falsify.inside.fixtures: what a session's fixture went through is told with who uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any, cast

import pytest

from evidence.engine.falsify.inside.entered import Entered
from evidence.engine.falsify.inside.fixtures import Fixtures
from evidence.engine.falsify.inside.read import Read
from evidence.engine.falsify.inside.starts import Starts
from evidence.engine.falsify.inside.trying import Watcher


class Definition:
    """A fixture as pytest knows it. To set it up runs what the test gives."""

    def __init__(self, scope: str = "session", **told: bool) -> None:
        self.scope = scope
        vars(self).update(told or {"_autouse": False})


class Opened:
    """What of it a session's fixture asks: the files that were opened meanwhile."""

    files: frozenset[str] | None = None

    @contextmanager
    def apart(self) -> Iterator[Callable[[], frozenset[str] | None]]:
        yield lambda: self.files


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Fixtures with those that they watch; nothing of ours lives."""
    monkeypatch.setattr("evidence.engine.falsify.inside.starts.has_children", lambda: False)
    entered = Entered(tmp_path, [])
    read, starts = Read(tmp_path, ["a.csv", "b.csv"]), Starts(Watcher())
    starts.began_for_all()
    opened = Opened()
    fixtures = Fixtures(entered, read, starts, cast(Any, opened))
    return SimpleNamespace(
        entered=entered, read=read, starts=starts, opened=opened, fixtures=fixtures, root=tmp_path
    )


def went(seen: Any, number: int, path: str = "", *, starts: bool = False) -> None:
    seen.entered._seen.add(number)
    if path:
        seen.read.hear("open", (str(seen.root / path), "r", 0))
    if starts:
        seen.starts.hear("subprocess.Popen", ())


def test_what_a_fixture_went_through_is_told_of_it_alone(seen: Any) -> None:
    one, other = (cast(Any, Definition()) for _ in range(2))
    with seen.fixtures.setting_up(one):
        went(seen, 1, "a.csv", starts=True)
        with seen.fixtures.setting_up(other):
            went(seen, 2, "b.csv")
        went(seen, 3)
    went(seen, 4)
    hypothesis, first, second = seen.fixtures.told()
    assert hypothesis == {"entered": [], "read": [], "starts": False, "uses": []}
    assert first == {"entered": [1, 3], "read": ["a.csv"], "starts": True, "uses": []}
    assert second == {"entered": [2], "read": ["b.csv"], "starts": False, "uses": []}
    assert (seen.entered.told(), seen.entered.lasting, seen.read.found) == ([4], set(), set())
    assert seen.starts.in_session is False


@pytest.mark.parametrize("lives_on", [False, True])
@pytest.mark.parametrize("files", [None, frozenset(), frozenset({"b.csv"})])
def test_what_its_processes_opened_is_told_of_it_unless_one_lives_on(
    seen: Any,
    monkeypatch: pytest.MonkeyPatch,
    files: frozenset[str] | None,
    lives_on: bool,
) -> None:
    """One that lives on may open more, and nobody says by when."""
    seen.opened.files = files
    monkeypatch.setattr(seen.starts, "lives_on", lambda: lives_on)
    with seen.fixtures.setting_up(cast(Any, Definition())):
        went(seen, 1, "a.csv", starts=True)
    told = seen.fixtures.told()[1]
    assert told["read"] == sorted({"a.csv", *(files or ())})
    assert told["starts"] is (lives_on or files is None)


def test_what_others_opened_is_not_told_of_one_that_starts_nothing(seen: Any) -> None:
    seen.opened.files = frozenset({"b.csv"})
    with seen.fixtures.setting_up(cast(Any, Definition())):
        went(seen, 1, "a.csv")
    assert seen.fixtures.told()[1]["read"] == ["a.csv"]


@pytest.mark.parametrize("told", [{"_autouse": True}, {"another_pytest": True}])
def test_what_is_set_up_unasked_is_everybodys(seen: Any, told: dict[str, bool]) -> None:
    with seen.fixtures.setting_up(cast(Any, Definition(**told))):
        went(seen, 1, "a.csv", starts=True)
    assert (seen.entered.lasting, seen.read.found) == (set(), set())
    seen.fixtures.give_to_all()
    assert (seen.entered.lasting, seen.read.found) == ({1}, {"a.csv"})
    assert seen.starts.in_session is True


def test_what_is_used_by_something_unasked_is_everybodys_too(
    seen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it is there by then or not."""
    unasked, used, other = (cast(Any, Definition(**told)) for told in ({"_autouse": True}, {}, {}))
    monkeypatch.setattr(pytest.FixtureRequest, "_get_active_fixturedef", lambda request, name: name)
    with seen.fixtures.setting_up(other):
        went(seen, 3, "b.csv")
    with seen.fixtures.setting_up(used):
        went(seen, 1, "a.csv", starts=True)
    with seen.fixtures.watching(), seen.fixtures.setting_up(unasked):
        ask = cast(Any, pytest.FixtureRequest._get_active_fixturedef)
        ask(SimpleNamespace(_fixturedef=unasked), used)
    seen.fixtures.give_to_all()
    assert (seen.entered.lasting, seen.read.found) == ({1}, {"a.csv"})
    assert seen.starts.in_session is True


def test_one_that_fails_went_where_it_went(seen: Any) -> None:
    class Failing:
        def __enter__(self) -> None:
            went(seen, 1, starts=True)
            raise LookupError

        def __exit__(self, *_: object) -> None: ...

    failing = cast(Any, Definition())
    with pytest.raises(LookupError), seen.fixtures.setting_up(failing), Failing():
        pass
    with seen.fixtures.setting_up(failing):
        went(seen, 2)
    assert seen.fixtures.told()[1] == {"entered": [1, 2], "read": [], "starts": True, "uses": []}


def test_whoever_is_asked_for_is_used_by_whoever_asks(
    seen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that a fixture uses are used with it, however many lie between."""
    monkeypatch.setattr(pytest.FixtureRequest, "_get_active_fixturedef", lambda request, name: name)
    active = pytest.FixtureRequest._get_active_fixturedef
    one, two, three, four = (cast(Any, Definition()) for _ in range(4))
    small, request = cast(Any, Definition("function")), SimpleNamespace()
    with seen.fixtures.watching():
        ask = cast(Any, pytest.FixtureRequest._get_active_fixturedef)
        assert ask(request, one) is one
        ask(SimpleNamespace(_fixturedef=one), two)
        ask(SimpleNamespace(_fixturedef=two), three)
        ask(SimpleNamespace(_fixturedef=small), four)
        ask(SimpleNamespace(_fixturedef=three), small)
        assert ask(request, "no definition") == "no definition"
        assert seen.fixtures.used == {1, 2, 3, 4}
        seen.fixtures.used.clear()
        ask(request, three)
        assert seen.fixtures.used == {3}
    assert pytest.FixtureRequest._get_active_fixturedef is active
    assert [each["uses"] for each in seen.fixtures.told()] == [[], [2, 3], [3], [], []]


def of(module: str) -> FunctionType:
    """A function that was made there."""
    made: dict[str, Any] = {"__name__": module}
    exec("def made(): ...", made)  # noqa: S102 - ours
    return cast(FunctionType, made["made"])


class Lazy:
    """Wakes up when it is asked for anything that it has not."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


KIND = type("Kind", (), {"__module__": "hypothesis.strategies"})
OTHERS = [of("hypothesis_of_ours"), ModuleType("till"), Lazy(), Lazy, 3]


@pytest.mark.parametrize(
    ("held", "used"),
    [
        ([*OTHERS, of("hypothesis.core")], {0}),
        ([*OTHERS, ModuleType("hypothesis")], {0}),
        ([*OTHERS, ModuleType("hypothesis.strategies")], {0}),
        ([*OTHERS, KIND], {0}),
        ([*OTHERS, KIND()], {0}),
        (OTHERS, set()),
        (None, set()),
    ],
)
def test_a_test_beside_which_anything_draws_uses_what_is_drawn_from(
    seen: Any, held: list[Any] | None, used: set[int]
) -> None:
    module = None if held is None else ModuleType("test_module")
    for number, each in enumerate(held or ()):
        setattr(module, f"name_{number}", each)
    item = cast(Any, SimpleNamespace(module=module))
    seen.read.drawn_from.add("a.csv")
    seen.fixtures.draws([item])
    seen.fixtures.is_used_by(item)
    assert seen.fixtures.used == used
    assert seen.fixtures.told()[0]["read"] == ["a.csv"]


def test_a_test_that_draws_uses_what_is_drawn_from_whatever_stands_beside_it(seen: Any) -> None:
    item = cast(Any, SimpleNamespace(module=None, obj=SimpleNamespace(is_hypothesis_test=True)))
    seen.fixtures.draws([item])
    seen.fixtures.is_used_by(item)
    assert seen.fixtures.used == {0}


def test_a_test_that_nobody_looked_at_may_draw(seen: Any) -> None:
    seen.fixtures.is_used_by(cast(Any, SimpleNamespace(module=ModuleType("later"))))
    assert seen.fixtures.used == {0}
