"""Who hears how a run goes: a terminal, a plain log, nobody."""

from __future__ import annotations

import threading
from typing import Protocol

from evidence.engine.register.model import Gate
from evidence.engine.run.model import GateRun


class Listener(Protocol):
    """Called from one thread at a time, though not always the same one."""

    def stage(self, text: str) -> None:
        """A stage of the work begins, or a sentence about it."""

    def gate_started(self, gate: Gate) -> None:
        """The gate's process begins."""

    def gate_progress(self, gate: Gate, line: str) -> None:
        """The newest finished line of the gate's output, cleaned."""

    def gate_ended(self, gate: Gate, run: GateRun) -> None:
        """The gate's result is known."""

    def progress(self, what: str, done: int, of: int) -> None:
        """Of many small things of one kind, so many are done."""


class Silent:
    """Hears everything and says nothing."""

    def stage(self, text: str) -> None: ...

    def gate_started(self, gate: Gate) -> None: ...

    def gate_progress(self, gate: Gate, line: str) -> None: ...

    def gate_ended(self, gate: Gate, run: GateRun) -> None: ...

    def progress(self, what: str, done: int, of: int) -> None: ...


class OneAtATime:
    """Passes on what gates say side by side, one call after the other."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._lock = threading.Lock()

    def stage(self, text: str) -> None:
        with self._lock:
            self._listener.stage(text)

    def gate_started(self, gate: Gate) -> None:
        with self._lock:
            self._listener.gate_started(gate)

    def gate_progress(self, gate: Gate, line: str) -> None:
        with self._lock:
            self._listener.gate_progress(gate, line)

    def gate_ended(self, gate: Gate, run: GateRun) -> None:
        with self._lock:
            self._listener.gate_ended(gate, run)

    def progress(self, what: str, done: int, of: int) -> None:
        with self._lock:
            self._listener.progress(what, done, of)
