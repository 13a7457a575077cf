"""Gate: a fresh clone becomes the running shop by `make demo` alone, and how long that takes.

What is committed is cloned, given an empty home, and started as a newcomer would start it. Its
front page has to answer; after Ctrl-C nothing may be left: no process, whatever that let go of, no
file in the clone that git does not know, none in the temporary folder. PostgreSQL may take its time
to end. Exit code 77 where the packages that it installs cannot be fetched.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn

from evidence.gates import remains
from evidence.gates.unreachable import got_no_answer, why_not_fetched

CANNOT_HERE = 77
ROOT = Path(__file__).resolve().parents[2]
OPENS_S, ENDS_S, ANSWERS_S = 240.0, 30.0, 20.0
_NOT_INSTALLED = "the install failed"
_STARTING, _OPEN, _STOPPED = "  starting  ", re.compile(r"is open: (http://\S+)"), "Stopped."
_SHOWN = 15


class Failed(Exception):
    """What a newcomer would have met instead of the shop."""


class NothingToInstall(Exception):
    """Why the packages could not be fetched, in words that name no host."""


def main() -> int:
    """0 when the shop opened, answered and left nothing behind."""
    signal.signal(signal.SIGTERM, _told)
    with tempfile.TemporaryDirectory(prefix="fresh-clone-") as folder:
        # A database server of root's runs as somebody else, and has to get to its files.
        Path(folder).chmod(0o755)
        clone, home = Path(folder, "purelaka"), Path(folder, "home")
        home.mkdir()
        _git(ROOT, "clone", "--quiet", str(ROOT), str(clone))
        return _prove(clone, home, _python())


def _prove(clone: Path, home: Path, python: Path) -> int:
    try:
        with _cleaned(clone, home, python):
            for line in walk(clone, home, python):
                _say(line)
    except NothingToInstall as error:
        _say(f"the packages were not fetched: {error}")
        return CANNOT_HERE
    except Failed as error:
        _say(str(error))
        return 1
    return 0


def walk(clone: Path, home: Path, python: Path) -> Iterator[str]:
    """A line for each step, as it is done. Raises Failed at the first that goes wrong."""
    with _started(["make", "demo", f"PYTHON={python}"], clone, home) as shop:
        yield f"set-up        {shop.seconds_until(lambda line: line.startswith(_STARTING)):.1f} s"
        opened = shop.seconds_until(lambda line: bool(_OPEN.search(line)))
        yield f"shop is open  {opened:.1f} s after `make demo`"
        yield f"front page    {_status(shop.address)}"
        shop.interrupt()
        if left := remains.left_after(ENDS_S, (clone, home)):
            told = "; ".join(left.values())
            raise Failed(f"after Ctrl-C: still runs after {ENDS_S:.0f} s: {told}")
        yield "after Ctrl-C  nothing runs"
    if files := _git(clone, "status", "--porcelain").strip():
        raise Failed(f"left in the clone, expected nothing: {files}")
    yield "git status    clean"
    if files := ", ".join(sorted(path.name for path in _temporary(home).iterdir())):
        raise Failed(f"left in the temporary folder, expected nothing: {files}")
    yield "temporary     nothing left"


@dataclass
class _Shop:
    """A command in a group of its own, and what it printed so far."""

    process: subprocess.Popen[str]
    began: float
    lines: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def seconds_until(self, is_it: Callable[[str], bool]) -> float:
        """From the start to the first line of which that is true."""
        while not any(map(is_it, list(self.lines))):
            if self.ended.is_set() and not any(map(is_it, self.lines)):
                self._give_up()
            if time.monotonic() > self.began + OPENS_S:
                raise Failed(f"`make demo`: no open shop after {OPENS_S:.0f} s:\n{self._said()}")
            time.sleep(0.05)
        return time.monotonic() - self.began

    def _give_up(self) -> NoReturn:
        before, failed, _ = "\n".join(self.lines).partition(_NOT_INSTALLED)
        if failed and got_no_answer(before):
            raise NothingToInstall(why_not_fetched(before))
        raise Failed(f"`make demo` ended with {self.process.wait()}:\n{self._said()}")

    @property
    def address(self) -> str:
        found = (_OPEN.search(line) for line in self.lines)
        return next(each[1] for each in found if each)

    def interrupt(self) -> None:
        """As Ctrl-C does on a terminal: everyone in the foreground is told."""
        os.killpg(self.process.pid, signal.SIGINT)
        if not self.ended.wait(ENDS_S):
            raise Failed(f"after Ctrl-C: still runs after {ENDS_S:.0f} s:\n{self._said()}")
        if not any(line.startswith(_STOPPED) for line in self.lines):
            raise Failed(f"after Ctrl-C: it did not say that it stopped:\n{self._said()}")

    def _said(self) -> str:
        return "\n".join(self.lines[-_SHOWN:])


@contextmanager
def _cleaned(clone: Path, home: Path, python: Path) -> Iterator[None]:
    """Whatever happens in the block, what was built is removed: a database server that cannot get
    into the clone keeps its files elsewhere, where nobody would look for them."""
    try:
        yield
    finally:
        done = subprocess.run(
            ["make", "clean", f"PYTHON={python}"],
            cwd=clone,
            env=_as_a_newcomer(home),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise Failed(f"`make clean` ended with {done.returncode}:\n{done.stderr.strip()}")


@contextmanager
def _started(argv: list[str], folder: Path, home: Path) -> Iterator[_Shop]:
    process = subprocess.Popen(
        argv,
        cwd=folder,
        env=_as_a_newcomer(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    shop = _Shop(process, time.monotonic())

    def listen() -> None:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        with process.stdout as printed:
            # It ends when the last process that holds it does.
            shop.lines.extend(line.rstrip("\n") for line in printed)
        shop.ended.set()

    reader = threading.Thread(target=listen, daemon=True)
    reader.start()
    try:
        yield shop
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        remains.end((folder, home))
        process.wait()
        reader.join(ENDS_S)


def _as_a_newcomer(home: Path) -> dict[str, str]:
    """Without what an environment or a `make` around this one says to those within it, nor what
    gates are told of servers, keys and programs of this machine's."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    theirs = {"VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES"}
    theirs.update(settings["tool"]["evidence"]["pass_env"])
    kept = {name: value for name, value in os.environ.items() if name not in theirs}
    programs = kept.get("PATH", os.defpath).split(os.pathsep)
    _temporary(home).mkdir(exist_ok=True)
    return {
        **kept,
        "HOME": str(home),
        "TMPDIR": str(_temporary(home)),
        "PATH": os.pathsep.join(each for each in programs if Path(each) != Path(sys.prefix, "bin")),
    }


def _python() -> Path:
    """The one that this environment was made with: a newcomer has no environment. By its version,
    for another one may be `python3` there."""
    return Path(sys.base_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}")


def _temporary(home: Path) -> Path:
    return home / "tmp"


def _told(number: int, frame: FrameType | None) -> NoReturn:
    # Once is enough: what is being taken down must not be interrupted.
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit(128 + number)


def _status(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=ANSWERS_S) as answer:  # noqa: S310 - our own
            return int(answer.status)
    except OSError as error:
        raise Failed(f"front page: {error}, expected 200") from error


def _git(folder: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
