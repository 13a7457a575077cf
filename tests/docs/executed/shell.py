"""A shell that stays open for a whole page, so that what one command sets the next one has."""

from __future__ import annotations

import os
import secrets
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

TIMEOUT_S = 180.0
_CHUNK = 65536


class TookTooLong(Exception):
    """A command that did not end in time; the shell is ended too."""


class Shell:
    """bash in a folder. Commands read nothing, and their two streams come out as one."""

    def __init__(self, *, folder: Path, environment: Mapping[str, str], scratch: Path) -> None:
        self._typed = scratch / "typed.sh"
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            bufsize=0,
        )
        assert self._bash.stdin is not None
        self._keys = self._bash.stdin

    def __enter__(self) -> Shell:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends the shell and whatever still runs in it."""
        for stream in (self._bash.stdin, self._bash.stdout):
            if stream is not None:
                stream.close()
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._bash.pid, number)
                self._bash.wait(timeout=5)
                break
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self._bash.wait()

    def run(self, command: str) -> tuple[list[str], int]:
        """The lines that the command printed, and its exit code. Raises TookTooLong."""
        mark = secrets.token_hex()
        self._typed.write_text(f"{command}\n", encoding="utf-8")
        said = f"source '{self._typed}' </dev/null; printf '\\n%s %s\\n' {mark} $?\n"
        self._keys.write(said.encode())
        return self._until(mark.encode(), command)

    def _until(self, mark: bytes, command: str) -> tuple[list[str], int]:
        assert self._bash.stdout is not None
        deadline, heard = time.monotonic() + TIMEOUT_S, b""
        with selectors.DefaultSelector() as ready:
            ready.register(self._bash.stdout, selectors.EVENT_READ)
            while mark not in heard or not heard.endswith(b"\n"):
                if not ready.select(timeout=max(0.0, deadline - time.monotonic())):
                    raise TookTooLong(f"{command}: not done after {TIMEOUT_S:.0f} s")
                read = os.read(self._bash.stdout.fileno(), _CHUNK)
                if not read:
                    raise TookTooLong(f"{command}: ended the shell")
                heard += read
        text, _, code = heard.rpartition(mark)
        lines = text.decode("utf-8", errors="replace").removesuffix("\n").splitlines()
        while lines and not lines[-1].strip():
            lines.pop()
        return lines, int(code)
