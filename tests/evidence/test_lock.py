"""One build at a time: a second one waits for the first, by its process id."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from evidence.engine.lock import alone
from evidence.engine.mistakes import CannotRun

HOLD = """
import sys
from pathlib import Path
from evidence.engine.lock import alone
with alone(Path(sys.argv[1]), wait=True, tell=print):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process that holds the lock until its standard input closes."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "."},
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_second_build_says_for_whom_it_waits_then_goes_on(tmp_path, other):
    told = []
    threading.Timer(0.3, other.stdin.close).start()

    with alone(tmp_path, wait=True, tell=told.append):
        assert other.wait(timeout=10) == 0

    assert told == [f"Waiting for process {other.pid}, which is building this project."]


def test_second_build_that_may_not_wait_is_refused(tmp_path, other):
    with (
        pytest.raises(CannotRun, match=f"process {other.pid} is already building"),
        alone(tmp_path, wait=False, tell=print),
    ):
        pytest.fail("the lock was taken twice")


def test_killed_build_blocks_nobody(tmp_path, other):
    other.kill()
    other.wait()

    with alone(tmp_path, wait=False, tell=pytest.fail):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_lock_can_be_taken_again_after_its_block(tmp_path):
    for _ in range(2):
        with alone(tmp_path / "new", wait=False, tell=pytest.fail):
            assert (tmp_path / "new" / "lock").is_file()
