"""The engine's end of a fork server: started in a copy, asked one thing at a time, ended."""

from __future__ import annotations

import contextlib
import json
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evidence.engine.falsify.copies import Copy
from evidence.engine.falsify.inside.opened import ELSEWHERE
from evidence.engine.falsify.trace import Shared, Trace, joined
from evidence.engine.register.model import Gate
from evidence.engine.run.bench import Bench
from evidence.engine.run.capture import Capture
from evidence.engine.run.family import send
from evidence.engine.run.services import Services
from evidence.engine.run.varying import varying_in

_INSIDE = Path(__file__).with_name("inside")
_POLL_S = 0.2
_SPARE_S = 60.0  # Beyond a child's own deadlines, before the server itself is taken for dead.
_SPARE_HERE_S = 30.0  # The first test of a fresh process waits for the session's set-up.
_SET_UP_S = 300.0
_SHOWN_LINES = 12
_SHOWN = 200  # Characters of what a test said.


class ServerDied(Exception):
    """The server cannot answer any more; the message says why."""


class Stopped(Exception):
    """The run is being stopped."""


@dataclass(frozen=True)
class Answer:
    """What came of one fork: trials as told, what kept it from trying, if anything, and where it
    went, None when nobody knows."""

    trials: tuple[Mapping[str, Any], ...]
    cannot: str = ""
    died: str = ""
    connected: tuple[str, ...] = ()
    trace: Trace | None = None


@dataclass
class Ready:
    """What the server found: the cases of each test, fixtures left to each child, the functions
    that note that they are entered, what the session's fixtures went through, and what all of its
    forks share."""

    tests: dict[str, list[str]] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    set_up_s: float = 0.0
    noted: tuple[str, ...] = ()
    fixtures: tuple[Trace, ...] = ()
    shared: Shared = field(default_factory=Shared)


class Server:
    """A context manager; `ready` says what it has once it has entered."""

    def __init__(
        self,
        gate: Gate,
        tests: Sequence[str],
        *,
        name: str,
        copy: Copy,
        bench: Bench,
        services: Services,
        warm: Sequence[str] = (),
        here: bool = False,
    ) -> None:
        self.copy = copy
        self.ready = Ready()
        self._gate, self._tests, self._name = gate, tests, name
        self._warm, self._here = warm, here
        self._stop = bench.stop
        self._bench = replace(bench, project=replace(bench.project, root=copy.root))
        env = services.environment(gate.services)
        self._place = self._bench.lay_out(
            name, cores=1, own=dict(gate.env), services=env, varies=varying_in(gate)
        )
        self._rest = b""

    def __enter__(self) -> Server:
        self.copy.opened.forget()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                self._argv(theirs.fileno()),
                cwd=self.copy.root,
                env={**self._place.env, "PYTEST_XDIST_WORKER": self._name},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._socket = ours
        self._capture = Capture(self._place.cleaner)
        self._reader = threading.Thread(target=self._read, name=self._name, daemon=True)
        self._reader.start()
        try:
            self._get_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        until = time.monotonic() + 10.0
        while self._process.poll() is None and time.monotonic() < until and not self._stop.is_set():
            time.sleep(0.02)
        send(self._process.pid, self._place.canary.value, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._reader.join(timeout=2.0)

    def ask(
        self,
        tests: Sequence[Mapping[str, Any]],
        mutant: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None,
        *,
        stop: bool,
    ) -> Answer:
        """Run these tests in a fork, on the mutant if one is given, or on several functions broken
        at once. Raises ServerDied, Stopped."""
        within = sum(float(test["deadline_s"]) for test in tests) + _SPARE_S
        self.copy.opened.forget()
        told = self._exchange({"tests": list(tests), "mutant": mutant, "stop": stop}, within)
        return Answer(
            trials=tuple(map(self._shown, told["trials"])),
            cannot=self._clean(told["cannot"]),
            died=self._clean(told["died"]),
            connected=tuple(told["connected"]),
            trace=self._trace(told["trials"]) if not told["died"] else None,
        )

    def _trace(self, trials: Sequence[Mapping[str, Any]]) -> Trace | None:
        """Of all trials of one fork. Whatever it loaded by itself it has opened, and so has every
        process that it started."""
        files, noted = self.copy.opened.told(), self.ready.noted
        told = [each["entered"] for each in trials]
        if files is None or None in told or ELSEWHERE in self._place.env:
            return None
        numbers = {number for each in told for number in each if number < len(noted)}
        # One that was set up in the fork itself went through nothing before.
        made = self.ready.fixtures
        used = {place for each in trials for place in each["fixtures"] if place < len(made)}
        own = Trace(frozenset(noted[number] for number in numbers), files)
        return joined([own, *(made[place] for place in sorted(used))])

    def ask_here(self, tests: Sequence[Mapping[str, Any]], *, stop: bool) -> Answer:
        """Run these tests in the server's own process, without a fork, and no more after them."""
        trials: list[Mapping[str, Any]] = []
        self._send({"tests": list(tests), "mutant": None, "stop": stop})
        for test in tests:
            try:
                told = self._receive(time.monotonic() + float(test["deadline_s"]) + _SPARE_HERE_S)
            except ServerDied as error:
                return Answer(tuple(trials), died=str(error))
            except TimeoutError:
                late = {"test": test["test"], "outcome": "timeout", "message": "it did not end"}
                return Answer((*trials, late))
            if "done" in told:
                break
            trials.append(self._shown(told))
        files = self.copy.opened.told()
        return Answer(tuple(trials), trace=None if files is None else Trace(files=files))

    def _shown(self, trial: Mapping[str, Any]) -> dict[str, Any]:
        """As it may be recorded: cleaned like a log, and cut only then, for half of a secret or of
        an address is known by nobody."""
        return {**trial, "message": self._clean(trial["message"])[:_SHOWN]}

    def _clean(self, text: str) -> str:
        return self._place.cleaner.clean(text)

    def _get_ready(self) -> None:
        order = {
            "worker": self._name,
            "files": sorted({test.partition("::")[0] for test in self._tests}),
            "tests": list(self._tests),
            "warm": list(self._warm),
            "python": [] if self._here else self.copy.python,
            "all": list(self.copy.files),
            "git": str(self.copy.git),
            "sign": self._place.canary.value,
            "here": self._here,
        }
        told = self._exchange(order, _SET_UP_S)
        if "broke" in told:
            raise ServerDied(self._clean(str(told["broke"])).strip().splitlines()[-1])
        self.ready = Ready(
            tests=told["tests"],
            left=tuple(told["left"]),
            set_up_s=told["set_up_s"],
            noted=tuple(told["noted"]),
            fixtures=tuple(self._fixtures(told)),
            shared=self._shared(told),
        )

    def _fixtures(self, told: Mapping[str, Any]) -> Iterator[Trace]:
        """Each of the session's with those that it uses. One that started a process which lives on
        may have had any file opened that anybody opened by then."""
        noted, opened = told["noted"], self.copy.opened.told() or frozenset()
        alone = [
            Trace(
                frozenset(noted[number] for number in each["entered"]),
                frozenset(each["read"]) | (opened if each["starts"] else frozenset()),
            )
            for each in told["fixtures"]
        ]
        for place, one in enumerate(alone):
            used = told["fixtures"][place]["uses"]
            yield joined([one, *(alone[each] for each in used)]) or one

    def _shared(self, told: Mapping[str, Any]) -> Shared:
        """What was read as a text counts whole, and so does what somebody opened of whom nobody
        knows, be it a process that was started before anything was set up."""
        opened, noted = self.copy.opened.told(), told["noted"]
        if opened is None:
            return Shared(None)
        loaded = {name.partition("::")[0] for name in noted}
        theirs = frozenset().union(*(each["read"] for each in told["fixtures"]))
        read = opened if told["starts"] else frozenset(told["read"])
        unknown = opened - loaded - theirs
        return Shared(
            Trace(
                frozenset(noted[each] for each in told["lasting"]),
                read | unknown | (opened & loaded),
            ),
            frozenset(name for name in noted if name.partition("::")[0] not in read),
        )

    def _argv(self, descriptor: int) -> list[str]:
        return [
            *(self._bench.python.path, str(_INSIDE), str(descriptor)),
            *("-p", "no:cacheprovider", f"--rootdir={self.copy.root}", "--no-cov", "-q"),
            *self._place.fill(self._gate.pytest or ()),
        ]

    def _exchange(self, order: Mapping[str, Any], within_s: float) -> dict[str, Any]:
        self._send(order)
        try:
            return self._receive(time.monotonic() + within_s)
        except TimeoutError as error:
            raise ServerDied("it did not answer in time") from error

    def _send(self, order: Mapping[str, Any]) -> None:
        try:
            self._socket.sendall(json.dumps(order).encode() + b"\n")
        except OSError as error:
            raise ServerDied(self._why()) from error

    def _receive(self, until: float) -> dict[str, Any]:
        while b"\n" not in self._rest:
            self.copy.opened.listen()
            if self._stop.is_set():
                raise Stopped
            if time.monotonic() > until:
                raise TimeoutError
            if select.select([self._socket], [], [], _POLL_S)[0]:
                data = b""
                with contextlib.suppress(ConnectionError):
                    data = self._socket.recv(1 << 20)
                if not data:
                    raise ServerDied(self._why())
                self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        told: dict[str, Any] = json.loads(line)
        return told

    def _why(self) -> str:
        """The end of what it printed."""
        self._process.poll()
        self._reader.join(timeout=2.0)
        lines = [line for line in self._printed() if line.strip()]
        return " / ".join(lines[-_SHOWN_LINES:]) or "it ended without a word"

    def _printed(self) -> tuple[str, ...]:
        return self._capture.finish().last_lines(_SHOWN_LINES * 2)

    def _read(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None  # noqa: S101 - a pipe was asked for
        with pipe:
            while data := pipe.read1(1 << 16):  # type: ignore[attr-defined]
                self._capture.feed(data)
