"""One piece of work in a process of its own: how long the work alone took, and in what memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# Work on the shop's own code begins with this; the clock starts after it.
DJANGO = """
import json, sys, time
sys.path.insert(0, "app")
import django
django.setup()
"""


@dataclass(frozen=True)
class Work:
    """What the process said about its work. `elapsed_s` leaves starting Python and Django out,
    `peak_mib` is of the whole process."""

    elapsed_s: float
    peak_mib: float
    said: dict[str, Any]


def run(code: str, *, url: str, environment: Mapping[str, str] | None = None) -> Work:
    """Run this code, whose last line of output is JSON with `elapsed_s`, on that database."""
    given = {"DJANGO_SETTINGS_MODULE": "config.settings.local", **(environment or {})}
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **given, "DATABASE_URL": url},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = json.loads(process.stdout.read().splitlines()[-1])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"exit code {process.returncode}: {code[:200]}")
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    return Work(said["elapsed_s"], used.ru_maxrss / unit, said)


def best(code: str, *, url: str, times: int = 3) -> Work:
    """The fastest of several runs."""
    return min((run(code, url=url) for _ in range(times)), key=lambda one: one.elapsed_s)
