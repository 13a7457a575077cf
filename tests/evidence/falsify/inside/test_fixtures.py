"""falsify.inside.fixtures: what a session's fixture went through is told with who uses it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
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


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Fixtures with those that they watch; nothing of ours lives."""
    monkeypatch.setattr("evidence.engine.falsify.inside.starts.has_children", lambda: False)
    entered = Entered(tmp_path, [])
    read, starts = Read(tmp_path, ["a.csv", "b.csv"]), Starts(Watcher())
    starts.began_for_all()
    fixtures = Fixtures(entered, read, starts)
    return SimpleNamespace(
        entered=entered, read=read, starts=starts, fixtures=fixtures, root=tmp_path
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


@pytest.mark.parametrize("told", [{"_autouse": True}, {"another_pytest": True}])
def test_what_is_set_up_unasked_is_everybodys(seen: Any, told: dict[str, bool]) -> None:
    with seen.fixtures.setting_up(cast(Any, Definition(**told))):
        went(seen, 1, "a.csv", starts=True)
    assert seen.fixtures.told()[1:] == []
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
    ran: list[object] = []
    monkeypatch.setattr(pytest.FixtureDef, "execute", lambda self, request: ran.append(self))
    execute = pytest.FixtureDef.execute
    one, two, three, four = (cast(Any, Definition()) for _ in range(4))
    small = cast(Any, Definition("function"))
    with seen.fixtures.watching():
        ask = cast(Any, pytest.FixtureDef.execute)
        ask(one, None)
        with seen.fixtures.setting_up(one):
            ask(two, None)
            with seen.fixtures.setting_up(two):
                ask(three, None)
            ask(small, None)
        ask(four, None)
        assert seen.fixtures.used == {1, 2, 3, 4}
        seen.fixtures.used.clear()
        ask(three, None)
        assert seen.fixtures.used == {3}
    assert pytest.FixtureDef.execute is execute
    assert ran == [one, two, three, small, four, three]
    assert [each["uses"] for each in seen.fixtures.told()] == [[], [2, 3], [3], [], []]


@pytest.mark.parametrize(
    ("item", "used"),
    [
        (SimpleNamespace(obj=SimpleNamespace(is_hypothesis_test=True)), {0}),
        (SimpleNamespace(obj=SimpleNamespace()), set()),
        (SimpleNamespace(), set()),
    ],
)
def test_a_test_that_draws_uses_what_it_draws_from(seen: Any, item: Any, used: set[int]) -> None:
    seen.read.drawn_from.add("a.csv")
    seen.fixtures.is_used_by(item)
    assert seen.fixtures.used == used
    assert seen.fixtures.told()[0]["read"] == ["a.csv"]
