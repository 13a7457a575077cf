"""What gates need running: started once, when the first gate asks, and stopped for certain."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterable
from typing import IO

from evidence.engine.project import Service
from evidence.engine.run.bench import Bench, Place
from evidence.engine.run.capture import Capture
from evidence.engine.run.family import family, send
from evidence.engine.run.process import has_exited

_POLL_S = 0.02
_CLOSE_S = 10.0  # For a service to end by itself once its standard input is closed.
_TERM_S = 5.0
_KEPT_BYTES = 256 * 1024


class ServiceFailed(Exception):
    """A service is not there; the message says why, `output` holds its last cleaned lines."""

    def __init__(self, message: str, output: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.output = output


class Services:
    """All services of one run. Safe to ask from several threads; each starts at most once."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._known = {service.name: service for service in bench.project.services}
        self._locks = {name: threading.Lock() for name in self._known}
        self._started: dict[str, _Running] = {}

    def environment(self, names: Iterable[str]) -> dict[str, str]:
        """The variables of these services, started if need be. Raises ServiceFailed."""
        env: dict[str, str] = {}
        for name in names:
            if name not in self._known:
                raise ServiceFailed(
                    f"service {name} is not defined; add it to [tool.evidence.services]"
                )
            with self._locks[name]:
                if name not in self._started:
                    self._started[name] = _Running(self._known[name], self._bench)
            env.update(self._started[name].environment())
        return env

    def ended_early(self, names: Iterable[str]) -> str:
        """A sentence naming the service that ended while it was needed, or nothing."""
        for name in names:
            running = self._started.get(name)
            if running and running.has_ended():
                return f"service {name} ended before the gate did"
        return ""

    def close(self) -> None:
        """Stops all of them at once and records what they said."""
        threads = [
            threading.Thread(target=running.close, name=f"stop {name}")
            for name, running in self._started.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


class _Running:
    """One service. Its first line that is a JSON object says that it is ready."""

    def __init__(self, service: Service, bench: Bench) -> None:
        self._service = service
        self._bench = bench
        self._place = bench.lay_out(
            f"_service-{service.name}", cores=bench.cores, own={}, services={}
        )
        self._capture = Capture(self._place.cleaner, _KEPT_BYTES)
        self._log = bench.results / "services" / f"{service.name}.log"
        self._answer: dict[str, str] | None = None
        self._why = ""
        self._lines: tuple[str, ...] = ()
        self._closed = False
        self._process = self._start(self._place)
        if self._process is not None:
            self._reader = threading.Thread(target=self._read, name=service.name)
            self._reader.start()
            self._wait_ready(self._process)

    def environment(self) -> dict[str, str]:
        if self._answer is None:
            raise ServiceFailed(f"service {self._service.name} {self._why}", self._lines)
        return self._answer

    def has_ended(self) -> bool:
        return self._process is not None and has_exited(self._process)

    def close(self) -> None:
        """Closes its standard input, then TERM, then KILL."""
        if self._process is None or self._closed:
            return
        self._closed = True
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        for number, wait_s in ((None, _CLOSE_S), (signal.SIGTERM, _TERM_S), (signal.SIGKILL, 2.0)):
            if number is not None:
                send(self._process.pid, self._place.canary.value, number)
            if self._gone_within(self._process, wait_s):
                break
        self._process.wait()
        self._reader.join(timeout=2.0)
        captured = self._capture.finish()
        self._lines = captured.last_lines(15)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._log.write_bytes(captured.body)

    def _start(self, place: Place) -> subprocess.Popen[bytes] | None:
        argv = place.fill(self._service.start)
        try:
            return subprocess.Popen(
                argv,
                cwd=self._bench.project.root,
                env=place.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self._why = f"could not be started ({error}); correct its `start`"
            return None

    def _wait_ready(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + self._service.timeout_s
        while self._answer is None and not self._why:
            if self._bench.stop.is_set():
                self._why = "was stopped with the run"
            elif time.monotonic() > until:
                self._why = f"was not ready within {self._service.timeout_s:g} s; see its output"
            elif has_exited(process):
                self._reader.join(timeout=1.0)
                if self._answer is None:
                    process.wait()
                    self._why = f"ended with exit code {process.returncode} before it was ready"
            time.sleep(_POLL_S)
        if self._answer is None:
            self.close()

    def _read(self) -> None:
        assert self._process is not None  # noqa: S101 - started just before
        pipe: IO[bytes] | None = self._process.stdout
        assert pipe is not None  # noqa: S101 - a pipe was asked for
        with contextlib.suppress(OSError, ValueError), pipe:
            line = b""
            while data := pipe.read(64 * 1024):
                if self._answer is not None:
                    self._capture.feed(data)
                    continue
                *whole, line = (line + data).split(b"\n")
                for text in whole:
                    self._hear(text + b"\n")

    def _hear(self, line: bytes) -> None:
        """The ready line is not recorded: what it hands over may be secret."""
        if self._answer is None and line.lstrip().startswith(b"{"):
            with contextlib.suppress(ValueError):
                told = json.loads(line)
                if all(isinstance(value, str) for value in told.values()):
                    self._answer = told
                else:
                    self._why = "printed a ready line whose values are not all strings"
                return
        self._capture.feed(line)

    def _gone_within(self, process: subprocess.Popen[bytes], wait_s: float) -> bool:
        until = time.monotonic() + wait_s
        while time.monotonic() < until:
            if has_exited(process) and not family(process.pid, self._place.canary.value):
                return True
            time.sleep(_POLL_S)
        return False
