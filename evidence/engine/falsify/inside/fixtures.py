"""What each of the session's fixtures went through as it was set up, and who uses it: only those
tests hang on it. One that is used without being asked for may be there to change what all see, so
it is everybody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from .entered import Entered
from .read import Read
from .starts import Starts


@dataclass
class _Made:
    """One of them: the functions that it entered and the files that it read, whether it started a
    process, and by their places the others that it uses."""

    entered: set[int] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    starts: bool = False
    uses: set[int] = field(default_factory=set)


class Fixtures:
    """`used` are those that were asked for, by their places, since that was forgotten."""

    def __init__(self, entered: Entered, read: Read, starts: Starts) -> None:
        self.used: set[int] = set()
        self._entered, self._read, self._starts = entered, read, starts
        # First what Hypothesis read, which each of its tests uses.
        self._made = [_Made(read=read.drawn_from)]
        self._places: dict[object, int] = {}
        self._setting_up: _Made | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Whoever is asked for meanwhile is used by whoever asks."""
        execute: Any = pytest.FixtureDef.execute

        def noted(definition: pytest.FixtureDef[Any], request: Any) -> Any:
            if definition.scope == "session":
                place = self._place(definition)
                self.used.add(place)
                if self._setting_up:
                    self._setting_up.uses.add(place)
            return execute(definition, request)

        pytest.FixtureDef.execute = noted  # type: ignore[assignment, method-assign]
        try:
            yield
        finally:
            pytest.FixtureDef.execute = execute  # type: ignore[method-assign]

    @contextmanager
    def setting_up(self, definition: pytest.FixtureDef[Any]) -> Iterator[None]:
        """What is done meanwhile is that fixture's."""
        if getattr(definition, "_autouse", True):
            with self._entered.staying(), self._starts.apart() as started:
                yield
            self._starts.in_session |= started()
            return
        made, around = self._made[self._place(definition)], self._setting_up
        self._setting_up = made
        try:
            with (
                self._entered.apart(made.entered),
                self._read.apart(made.read),
                self._starts.apart() as started,
            ):
                yield
        finally:
            self._setting_up = around
            made.starts |= started()

    def is_used_by(self, item: pytest.Item) -> None:
        """What this test uses without asking for it."""
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
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
