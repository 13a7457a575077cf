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
from evidence.engine.run.process import run_process


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
