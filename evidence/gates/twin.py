"""A fresh local Stripe for a gate: started as a process of its own, ended with its block."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@contextmanager
def fresh_twin(*options: str) -> Iterator[str]:
    """Its address. Nothing of it is imported: like Stripe, it is somewhere else."""
    process = subprocess.Popen(
        [sys.executable, "-m", "stripe_twin", *options, "--until-stdin-closes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT / "app")},
        cwd=ROOT,
    )
    if process.stdin is None or process.stdout is None:
        raise AssertionError("pipes were asked for")
    try:
        yield str(json.loads(process.stdout.readline())["address"])
    finally:
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()
