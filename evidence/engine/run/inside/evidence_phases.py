"""Has coverage follow what tests and modules run, and not what pytest does between them.

A plugin of the project's own pytest, named for `-p`, so it stands alone. While Python tells a
tracer of each line, everything runs at half its speed or less, and where tests take little time
most of what runs is pytest's: collecting, reporting. That is nobody's evidence. Followed as ever
are all phases of each test, files as they are loaded, what is worked out for parameters, and
whatever ran before tests were collected. Other threads are followed all along. pytest-cov ends
coverage before pytest's session ends, so nothing is left to put back.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Generator
from typing import Any

import pytest


class Phases:
    """Puts the tracer of the thread that tests aside and back. Where there is none, nothing."""

    def __init__(self) -> None:
        self._tracer: Any = None
        self._thread = threading.get_ident()

    def rest(self) -> None:
        """What runs from here on is followed by nobody."""
        tracer = sys.gettrace()
        if tracer is not None:
            self._tracer = tracer
            sys.settrace(None)

    def follow(self) -> None:
        """And from here on it is, unless somebody else follows it by now."""
        if self._tracer is not None and sys.gettrace() is None:
            sys.settrace(self._tracer)

    def hear(self, event: str, _: object) -> None:
        """An audit hook: Python runs a module as it is loaded, or a text."""
        if event == "exec" and threading.get_ident() == self._thread:
            self.follow()

    def pytest_collection(self) -> None:
        """Where pytest-xdist spreads tests, this process collects none and runs none."""
        sys.addaudithook(self.hear)
        self.rest()

    def pytest_collectstart(self) -> None:
        self.rest()

    def pytest_pycollect_makeitem(self) -> None:
        self.rest()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_generate_tests(self) -> Generator[None, None, None]:
        yield from self._followed()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self) -> Generator[None, None, None]:
        yield from self._followed()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Generator[None, None, None]:
        yield from self._followed()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, None, None]:
        yield from self._followed()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None, None, None]:
        yield from self._followed()

    def _followed(self) -> Generator[None, None, None]:
        self.follow()
        yield
        self.rest()


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.pluginmanager.register(Phases(), "evidence-phases")
