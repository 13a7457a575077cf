"""What each of the session's fixtures went through as it was set up, and who uses it: those tests
hang on it, and no others. One that is used without being asked for may be there to change what all
see, so it is everybody's, with those that it uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any

import pytest

from .entered import Entered
from .opened import Opened
from .read import Read
from .replaced import replaced
from .starts import Starts

_DRAWS = "hypothesis"


@dataclass
class _Made:
    """One of them: the functions that it entered; the files that it read, or that were opened while
    it had processes; whether one of these lives on; by their places the others that it asks for,
    and whether it is used unasked."""

    entered: set[int] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    starts: bool = False
    uses: set[int] = field(default_factory=set)
    is_everybodys: bool = False


class Fixtures:
    """`used` are those that were asked for, by their places, since that was forgotten."""

    def __init__(self, entered: Entered, read: Read, starts: Starts, opened: Opened) -> None:
        self.used: set[int] = set()
        self._entered, self._read, self._starts = entered, read, starts
        self._opened = opened
        # First what Hypothesis read, which whoever draws by it uses.
        self._made = [_Made(read=read.drawn_from)]
        self._places: dict[object, int] = {}
        self._draw: dict[object, bool] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Whoever is asked for meanwhile is used by whoever asks, be it there already or not."""
        with replaced(pytest.FixtureRequest, "_get_active_fixturedef", self._noting):
            yield

    def _noting(self, active: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
        def noted(request: Any, name: str) -> Any:
            definition = active(request, name)
            if getattr(definition, "scope", "") == "session":
                place = self._place(definition)
                self.used.add(place)
                asks = getattr(request, "_fixturedef", None)
                if getattr(asks, "scope", "") == "session":
                    self._made[self._place(asks)].uses.add(place)
            return definition

        return noted

    @contextmanager
    def setting_up(self, definition: pytest.FixtureDef[Any]) -> Iterator[None]:
        """What is done meanwhile is that fixture's."""
        made = self._made[self._place(definition)]
        made.is_everybodys = getattr(definition, "_autouse", True)
        with (
            self._entered.apart(made.entered),
            self._read.apart(made.read),
            self._starts.apart() as started,
            self._opened.apart() as opened,
        ):
            try:
                yield
            finally:
                if started():
                    files = opened()
                    made.read |= files or frozenset()
                    # What lives on may open more by the time of the first fork.
                    made.starts |= files is None or self._starts.lives_on()

    def give_to_all(self) -> None:
        """What is everybody's is told as such, and not of a fixture."""
        for place, made in enumerate(self._made):
            for each in (place, *self._all_used(place)) if made.is_everybodys else ():
                given = self._made[each]
                self._entered.stays(given.entered)
                self._read.found |= given.read
                self._starts.in_session |= given.starts

    def draws(self, items: Iterable[pytest.Item]) -> None:
        """Look which tests stand in files that have anything of Hypothesis."""
        for module in {getattr(item, "module", None) for item in items}:
            held = vars(module).values() if module else ()
            self._draw[module] = any(_is_of(each, _DRAWS) for each in held)

    def is_used_by(self, item: pytest.Item) -> None:
        """What this test uses without asking for it."""
        draws = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if draws or self._draw.get(getattr(item, "module", None), True):
            self.used.add(0)

    def told(self) -> list[dict[str, Any]]:
        """Each, with those that the ones it uses use in turn."""
        return [
            {
                "entered": sorted(made.entered),
                "read": sorted(made.read),
                "starts": made.starts,
                "uses": sorted(self._all_used(place)),
            }
            for place, made in enumerate(self._made)
        ]

    def _all_used(self, place: int) -> set[int]:
        found: set[int] = set()
        waiting = [place]
        while waiting:
            for each in self._made[waiting.pop()].uses - found:
                found.add(each)
                waiting.append(each)
        return found

    def _place(self, definition: object) -> int:
        if definition not in self._places:
            self._places[definition] = len(self._made)
            self._made.append(_Made())
        return self._places[definition]


def _is_of(thing: object, package: str) -> bool:
    """Whether it is that package, or was made in it. By type first: to ask a lazy object would wake
    it up."""
    if isinstance(thing, ModuleType):
        where = thing.__name__
    elif isinstance(thing, FunctionType | type):
        where = thing.__module__
    else:
        where = type(thing).__module__
    return str(where).partition(".")[0] == package
