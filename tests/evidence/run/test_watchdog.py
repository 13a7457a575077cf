"""A run that is killed outright leaves nothing running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import build_evidence
from tests.evidence.run.conftest import Bench

SCRIPT = Path(build_evidence.__file__)
STUBBORN = """
gates:
  - id: stubborn
    proves: Nothing; it stays.
    run: ["{python}", stubborn.py]
"""
STAYS = """
import os, pathlib, signal, subprocess, sys, time
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
code = "import time; time.sleep(60)"
ids = [os.getpid()]
ids += [subprocess.Popen([sys.executable, "-c", code], start_new_session=True).pid]
ids += [subprocess.Popen([sys.executable, "-c", code], env={}).pid]
pathlib.Path(".local/ids").write_text(" ".join(map(str, ids)))
time.sleep(60)
"""


def test_killed_engine_takes_its_gates_and_their_children_along(bench: Bench) -> None:
    stranger = bench.stranger
    stranger.write("evidence/gates.yml", STUBBORN)
    stranger.write("stubborn.py", STAYS)
    ids = stranger.root / ".local/ids"
    with subprocess.Popen(
        [sys.executable, str(SCRIPT), "run", "--project", str(stranger.root)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as engine:
        assert _within(30, lambda: ids.is_file() and ids.read_text())
        engine.kill()

    left = [int(process) for process in ids.read_text().split()]
    assert len(left) == 3
    gone = _within(10, lambda: not any(map(_is_alive, left)))
    for process in filter(_is_alive, left):
        os.kill(process, signal.SIGKILL)
    assert gone


def _is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def _within(limit_s: float, happens: Callable[[], object]) -> bool:
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        if happens():
            return True
        time.sleep(0.05)
    return False
