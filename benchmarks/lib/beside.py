"""Whole processes measured beside each other, and the table that compares them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_TIMES = 3


@dataclass(frozen=True)
class Reading:
    """One process: wall and processor time in seconds, peak resident memory in MiB.

    Linux counts the starting process too: no peak is below the benchmark's own, about 15 MiB.
    """

    elapsed_s: float
    cpu_s: float
    peak_mib: float


def python(code: str, *arguments: object) -> list[str]:
    """The command that runs this code under this Python, from the repository's root."""
    return [sys.executable, "-c", code, *map(str, arguments)]


def measure(commands: Mapping[str, Sequence[str]], *, times: int = _TIMES) -> dict[str, Reading]:
    """The fastest of several runs of each. They take turns, so that a busy moment of the machine
    falls on all of them. A command that fails ends the benchmark."""
    readings: dict[str, list[Reading]] = {name: [] for name in commands}
    for _ in range(times):
        for name, argv in commands.items():
            readings[name].append(_run(argv))
    return {name: min(taken, key=lambda one: one.elapsed_s) for name, taken in readings.items()}


def show(title: str, readings: Mapping[str, Reading]) -> None:
    """A table; the last column says how many times as long as the first row each takes."""
    first = next(iter(readings.values()))
    width = max(map(len, readings))
    print(f"\n{title}\n  {'':<{width}}  seconds      CPU  peak MiB  times")
    for name, one in readings.items():
        print(
            f"  {name:<{width}}  {one.elapsed_s:7.3f}  {one.cpu_s:7.3f}  {one.peak_mib:8.0f}  "
            f"{one.elapsed_s / first.elapsed_s:5.1f}"
        )


def _run(argv: Sequence[str]) -> Reading:
    began = time.perf_counter()
    process = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    elapsed_s = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(argv)[:200]}: exit code {process.returncode}")
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    return Reading(elapsed_s, used.ru_utime + used.ru_stime, used.ru_maxrss / unit)
