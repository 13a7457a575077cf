"""run.process: nothing of a process is left, whatever happens to whoever started it."""

from __future__ import annotations

import os
import secrets
import signal
import threading
from pathlib import Path

import pytest

from evidence.engine.run import process
from evidence.engine.run.family import family
from evidence.engine.run.process import Ended, EndedBy, run_process


class _Full(Exception):
    """No room for what a gate printed."""


def test_process_is_ended_when_nobody_can_take_what_it_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie, ended = secrets.token_hex(16), []

    def end(leader: int, carried: str, number: signal.Signals) -> None:
        ended.append((carried, number))
        os.killpg(leader, number)

    def sink(data: bytes) -> None:
        raise _Full

    monkeypatch.setattr(process, "send", end)
    with pytest.raises(_Full):
        run_process(
            argv=["sh", "-c", "echo begun; sleep 1; touch late"],
            folder=tmp_path,
            env={"PATH": os.environ["PATH"]},
            cookie=cookie,
            timeout_s=20,
            stop=threading.Event(),
            sink=sink,
        )
    assert ended == [(cookie, signal.SIGKILL)]
    assert not (tmp_path / "late").exists()


def test_without_a_cookie_nobody_else_is_a_relative() -> None:
    """An empty word is part of every environment."""
    assert os.getppid() not in family(2**22 + 1, "")


class Fake:
    """A process that takes down what is done with it, in turn with all else that happens."""

    pid, returncode = 7, 3

    def __init__(self, done: list[str]) -> None:
        self.stdout = self
        self._done = done

    def wait(self) -> None:
        self._done.append("reaped")

    def close(self) -> None:
        self._done.append("closed")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    done: list[str] = []
    monkeypatch.setattr(process, "_start", lambda *given: Fake(done))
    monkeypatch.setattr(process, "_Pump", lambda pipe, sink: sink)
    monkeypatch.setattr(process, "_until_end", lambda *given: EndedBy.DEADLINE)
    monkeypatch.setattr(process, "_end", lambda *given: (f"notes after {given[4]} s",))
    monkeypatch.setattr(process, "send", lambda *given: done.append(" ".join(map(str, given))))
    return done


def run_fake() -> Ended:
    return run_process(
        argv=["x"],
        folder=Path("/"),
        env={},
        cookie="cookie",
        timeout_s=1,
        stop=threading.Event(),
        sink=lambda data: None,
    )


END = ["7 cookie 9", "reaped", "closed"]


def test_family_is_killed_and_reaped_and_its_pipe_closed(done: list[str]) -> None:
    assert run_fake() == Ended(3, EndedBy.DEADLINE, ("notes after 5.0 s",))
    assert done == END


def test_family_is_killed_even_when_its_output_could_not_be_taken(
    done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(process, "_until_end", full)
    with pytest.raises(OSError, match="no space left"):
        run_fake()
    assert done == END
