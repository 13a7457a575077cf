"""The server: collects and sets up once, then answers each order from a child of its own."""

from __future__ import annotations

import contextlib
import functools
import gc
import sys
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from .channel import Channel
from .entered import Entered
from .fixtures import Fixtures
from .fork import Told, in_child, open_connections
from .opened import Opened
from .patch import CannotPatch, Loaded, loaded_under, patch
from .read import Read
from .ready import end_left, set_up_session
from .starts import Starts
from .trying import PASSED, Watcher

_END_S = 10.0  # For threads that were told to end.
_BEGIN_S = 20.0  # For a child to come to life on a busy machine.
_Tell = Callable[[dict[str, Any]], None]


def main(descriptor: int, arguments: Sequence[str]) -> int:
    """Serve until the engine closes its end."""
    # All that is loaded stays, so to look for garbage among it would only take time.
    gc.disable()
    channel = Channel(descriptor)
    server = Server(channel, channel.receive())
    with server.watching():
        return int(pytest.main(list(arguments), plugins=[server]))


class Server:
    """A pytest plugin that takes the place of running all tests."""

    def __init__(self, channel: Channel, order: dict[str, Any]) -> None:
        self._channel = channel
        self._order = order
        self._watcher = Watcher()
        self._items: dict[str, list[pytest.Item]] = defaultdict(list)
        self._loaded = Loaded()
        self._root = Path.cwd()
        self._entered = Entered(self._root, order["python"])
        self._read = Read(self._root, order["all"])
        self._starts = Starts(self._watcher, order["sign"])
        git = Path(order["git"]) if order["git"] else None
        self._opened = Opened(self._root, () if order["here"] else order["all"], git)
        self._fixtures = Fixtures(self._entered, self._read, self._starts, self._opened)
        self._left: dict[str, Any] = {}

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """From before anything is loaded, unless this very process runs the tests."""
        if self._order["here"]:
            yield
            return
        sys.addaudithook(self._starts.hear)
        sys.addaudithook(self._read.hear)
        with (
            self._entered.watching(),
            self._read.telling_loaders_apart(),
            self._fixtures.watching(),
        ):
            yield

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Any:
        """What is set up for the session is set up for all that use it, whoever asks first."""
        if self._order["here"] or fixturedef.scope != "session" or self._entered.is_over:
            return (yield)
        with self._fixtures.setting_up(fixturedef):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> Any:
        """Nothing is to be spread over processes of pytest-xdist: the engine does that. What a
        failure looks like in full is shown to nobody, and would take longer than the test."""
        options: dict[str, Any] = {"numprocesses": None, "dist": "no", "tx": [], "tbstyle": "value"}
        for name, value in options.items():
            if hasattr(config.option, name):
                setattr(config.option, name, value)
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Projects give each worker of pytest-xdist a database of its own; this is one more."""
        config.pluginmanager.register(self._watcher, "evidence-watcher")
        _end_without_sweeping(config)
        if not hasattr(config, "workerinput"):
            worker = {"workerid": self._order["worker"], "workercount": 1, "testrunuid": "evidence"}
            config.workerinput = worker  # type: ignore[attr-defined]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        session.config.args[:] = self._order["files"]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        try:
            self._get_ready(session)
        except BaseException:
            self._channel.send({"broke": traceback.format_exc()[-2000:]})
            raise
        if self._order["here"]:
            self._run_here(self._channel.receive())
            return True
        while order := self._channel.receive():
            self._channel.send(self._answer(order))
        return True

    def _get_ready(self, session: pytest.Session) -> None:
        wanted = set(self._order["tests"])
        for item in session.items:
            test = without_case(item.nodeid)
            if test in wanted:
                self._items[test].append(item)
        began = time.monotonic()
        mine = [item for items in self._items.values() for item in items]
        if not self._order["here"]:
            self._starts.began_for_all()
            self._left = set_up_session(session, mine)
            self._entered.stays(self._entered.told())
            self._warm_up()
            self._starts.forks_begin()
            self._fixtures.give_to_all()
            self._fixtures.draws(mine)
            # A project may have frozen what it loaded, to save time: Python lists nothing of that.
            gc.unfreeze()
            self._loaded = loaded_under(self._root)
            self._loaded.forget()
            self._read.is_over = self._entered.is_over = True
            self._opened.close()
            # Not in a fork, which has run by then what runs as it begins.
            self._entered.forget()
            self._fixtures.used.clear()
            gc.collect()
        # What is there now stays there, so children need not look at it, and share its memory.
        gc.freeze()
        gc.enable()
        self._channel.send(
            {
                "tests": {
                    test: [each.nodeid for each in items] for test, items in self._items.items()
                },
                "left": list(self._left),
                "noted": self._entered.names,
                "lasting": sorted(self._entered.lasting),
                "read": sorted(self._read.found),
                "starts": self._starts.in_session,
                "fixtures": self._fixtures.told(),
                "set_up_s": time.monotonic() - began,
            }
        )

    def _warm_up(self) -> None:
        """Run some tests here, as pytest would before others, for what they load stays loaded. Each
        runs twice: what only one of its runs entered may have left something, which is found after
        that and not made."""
        for items in (self._items.get(test, []) for test in self._order["warm"]):
            if items:
                first, second = (self._run_warm(items[0]) for _ in range(2))
                self._entered.stays(first[0] ^ second[0])
                self._read.found |= first[1] ^ second[1]
        # One that was told to end may need a moment; a fork has only the thread that forked.
        until = time.monotonic() + _END_S
        while threading.active_count() > 1 and time.monotonic() < until:
            time.sleep(0.02)
        if threading.active_count() > 1:
            left = ", ".join(sorted(thread.name for thread in threading.enumerate()[1:]))
            raise RuntimeError(f"set-up, or the tests run to warm up, left threads behind: {left}")

    def _run_warm(self, item: pytest.Item) -> tuple[set[int], set[str]]:
        """The functions that it entered, and the files that it read."""
        self._entered.forget()
        read: set[str] = set()
        with self._read.apart(read):
            self._watcher.run([item], [])
            end_left(self._left, item)
        return set(self._entered.told()), read

    def _answer(self, order: dict[str, Any]) -> dict[str, Any]:
        tests = order["tests"]
        deadlines = [_BEGIN_S, *(each["deadline_s"] for each in tests), _BEGIN_S]
        return _summed(in_child(functools.partial(self._be_child, order), deadlines), tests)

    def _be_child(self, order: dict[str, Any], tell: _Tell) -> None:
        # A child is gone before its garbage would matter.
        gc.disable()
        self._starts.forget()
        connected: list[str] = []
        if mutant := order.get("mutant"):
            try:
                for each in mutant if isinstance(mutant, list) else [mutant]:
                    patch(self._loaded, **each)
            except CannotPatch as error:
                tell({"cannot": str(error)})
                return
        else:
            # That of unbroken code tells what all forks would share.
            connected = open_connections(self._channel.socket.fileno())
        tell({"connected": connected})
        self._run(order, tell)

    def _run_here(self, order: dict[str, Any]) -> None:
        """In this very process, as pytest itself would."""
        if order:
            self._run(order, self._channel.send)
            self._channel.send({"done": True})

    def _run(self, order: dict[str, Any], tell: _Tell) -> None:
        runs = [(self._chosen(each), each["test"]) for each in order["tests"]]
        for number, (items, test) in enumerate(runs):
            rest = runs[number + 1][0] if number + 1 < len(runs) else []
            began = time.monotonic()
            for item in items:
                self._fixtures.is_used_by(item)
            outcome, message = self._watcher.run(items, rest) if items else ("missing", "")
            tell(
                {
                    "test": test,
                    "outcome": outcome,
                    "message": message,
                    "case": self._watcher.case,
                    "where": self._watcher.where,
                    "phase": self._watcher.phase,
                    "elapsed_s": time.monotonic() - began,
                    "starts": self._starts.has_started(test),
                    "entered": None if self._starts.has_forked else self._entered.told(),
                    "fixtures": sorted(self._fixtures.used),
                }
            )
            if outcome != PASSED and order["stop"]:
                return

    def _chosen(self, asked: dict[str, Any]) -> list[pytest.Item]:
        """The cases that were asked for by their ids; all of them when one is not known. Those
        that are wanted first come first, the others as pytest has them."""
        items = self._items.get(asked["test"], [])
        cases = set(asked.get("cases", ()))
        chosen = [item for item in items if item.nodeid in cases]
        places = {case: place for place, case in enumerate(asked.get("first", ()))}
        return sorted(
            chosen if len(chosen) == len(cases) and chosen else items,
            key=lambda item: places.get(item.nodeid, len(places)),
        )


def _end_without_sweeping(config: pytest.Config) -> None:
    """As it ends, pytest looks five times through all memory for what was never closed, to warn of
    it. Nobody reads what a server warns of, and a new process spends a fifth of its time so."""
    try:
        from _pytest.unraisableexception import gc_collect_iterations_key
    except ImportError:  # An older one looks through nothing.
        return
    config.stash[gc_collect_iterations_key] = 0


def without_case(node: str) -> str:
    """`a.py::T::test[x::y]` is a case of `a.py::T::test`."""
    path, separator, name = node.partition("::")
    return path + separator + name.partition("[")[0]


def _summed(told: Told, tests: Sequence[dict[str, Any]]) -> dict[str, Any]:
    trials = [each for each in told.lines if "test" in each]
    answer: dict[str, Any] = {
        "trials": trials,
        "cannot": next((each["cannot"] for each in told.lines if "cannot" in each), ""),
        "connected": next((each["connected"] for each in told.lines if "connected" in each), []),
        "died": told.died,
    }
    if told.late and len(trials) < len(tests):
        late = tests[len(trials)]
        trials.append(
            {
                "test": late["test"],
                "outcome": "timeout",
                "message": "it did not end in time",
                "case": "",
                "where": "",
                "phase": "call",
                "elapsed_s": late["deadline_s"],
                "starts": False,
                "entered": None,
                "fixtures": [],
            }
        )
    return answer
