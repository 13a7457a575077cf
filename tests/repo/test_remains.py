"""What was started from a folder is seen while it runs, whatever it let go of."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence.gates import remains

pytestmark = pytest.mark.usefixtures("ends_only_its_own")
SLEEPS = "import time; print('here', flush=True); time.sleep(60)"
LEAVES = (
    "import subprocess, sys\n"
    f"told = [sys.executable, '-c', {SLEEPS!r}]\n"
    "subprocess.Popen(told, cwd='/', env={}, start_new_session=True)\n"
    "sys.stdin.read()"
)


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def start(
    started: list[subprocess.Popen[bytes]],
    *words: str,
    cwd: str = "/",
    env: dict[str, str] | None = None,
) -> int:
    """One that let go of everything: its session, its output and its environment."""
    process = subprocess.Popen(
        [sys.executable, "-c", *words],
        cwd=cwd,
        env=env or {},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    started.append(process)
    assert process.stdout is not None
    assert process.stdout.readline() == b"here\n"
    return process.pid


def test_process_is_seen_by_its_words_its_environment_or_where_it_works(
    tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    place = tmp_path / "clone"
    (place / "app").mkdir(parents=True)
    theirs = [
        start(started, SLEEPS, f"--data={place}/data"),
        start(started, SLEEPS, env={"HOME": str(place)}),
        start(started, SLEEPS, cwd=str(place / "app")),
    ]
    start(started, SLEEPS)
    start(started, SLEEPS, cwd=str(tmp_path))

    found = remains.running([tmp_path / "home", place])

    assert list(found) == sorted(theirs)
    assert found[theirs[2]] == f"{Path(sys.executable).name} -c {SLEEPS}"
    assert found[theirs[0]].startswith(found[theirs[2]])
    assert len(found[theirs[0]]) == remains._SHOWN


def test_whoever_was_started_by_one_of_them_belongs_to_them_and_is_ended(
    tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    start(started, LEAVES, cwd=str(tmp_path))
    assert len(remains.running([tmp_path])) == 2

    remains.end([tmp_path])

    assert started[0].wait() == -signal.SIGTERM
    assert remains.running([tmp_path]) == {}


def test_process_that_does_not_hear_is_ended_all_the_same(
    tmp_path: Path, started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remains, "_GRACE_S", 0.1)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    start(started, deaf + SLEEPS, cwd=str(tmp_path))

    remains.end([tmp_path])

    assert started[0].wait() == -signal.SIGKILL


def test_wait_ends_with_the_last(tmp_path: Path, started: list[subprocess.Popen[bytes]]) -> None:
    start(started, SLEEPS, cwd=str(tmp_path))
    threading.Timer(0.2, started[0].kill).start()
    assert remains.left_after(60, [tmp_path]) == {}


def test_wait_ends_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    looks = iter([{7: "twin"}] * 5)
    monkeypatch.setattr(remains, "running", lambda places: next(looks))
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: clock.append(clock.pop() + seconds))
    monkeypatch.setattr(remains, "_POLL_S", 0.25)

    assert remains.left_after(1, []) == {7: "twin"}

    assert (clock, list(looks)) == ([101.0], [])


def test_process_of_which_little_may_be_read_is_known_by_its_words(tmp_path: Path) -> None:
    """Of another user's, neither the environment nor where it works."""
    (tmp_path / "stat").write_text("7 (a (b) c) S 3 7 7 0 -1")
    (tmp_path / "cmdline").write_bytes(b"/usr/bin/postgres\0-D\0/clone/data\0")
    words = b"/usr/bin/postgres\0-D\0/clone/data\0"
    assert remains._look_at(tmp_path) == remains._Process(3, "postgres -D /clone/data", words)

    (tmp_path / "cmdline").write_bytes(b"")
    assert remains._look_at(tmp_path) == remains._Process(3, "a (b) c", b"")


def test_dead_process_is_no_remains_though_nobody_asked_how_it_ended(
    tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    buries_nobody = (
        "import os, time\n"
        "if (child := os.fork()) == 0:\n"
        "    os._exit(0)\n"
        "os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)\n"
        "print('here', flush=True)\n"
        "time.sleep(60)"
    )
    number = start(started, buries_nobody, cwd=str(tmp_path))
    assert list(remains.running([tmp_path])) == [number]
