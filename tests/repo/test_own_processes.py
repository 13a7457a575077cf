"""A test may end what is its own; who cannot be told and is ending is nobody's to protect."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.repo.own_processes import ends

pytestmark = pytest.mark.usefixtures("ends_only_its_own")
STRANGER = (
    "import subprocess, sys\n"
    "told = [sys.executable, '-c', 'import sys; sys.stdin.read()']\n"
    "left = subprocess.Popen(told, cwd='/', env={}, start_new_session=True)\n"
    "print(left.pid, flush=True)\n"
)


Stranger = tuple[int, Callable[[], None]]


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    """One whose parent has ended and that names no folder, and what lets it end."""
    told = [sys.executable, "-c", STRANGER]
    with subprocess.Popen(
        told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdin is not None
        assert starter.stdout is not None
        number = int(starter.stdout.readline())
        starter.wait()
        yield number, starter.stdin.close


def test_a_stranger_that_runs_on_is_not_ended(stranger: Stranger) -> None:
    number, _ = stranger
    with pytest.raises(AssertionError, match="none of this test's"):
        os.kill(number, signal.SIGTERM)
    assert not ends(number, within_s=0)


def test_a_stranger_that_is_ending_is_let_end(stranger: Stranger) -> None:
    number, let_end = stranger
    let_end()
    with pytest.raises(ProcessLookupError):
        os.kill(number, signal.SIGTERM)
    assert ends(number, within_s=0)
