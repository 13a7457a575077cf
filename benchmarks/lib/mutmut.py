"""mutmut as one would use it: forking, a child a core, in an environment that comes and goes with
the benchmark."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lib.beside import ROOT

sys.path.insert(0, str(ROOT))
from evidence.engine.run.schedule import usable_cores

_MUTMUT = "mutmut~=3.8"
# Behind everything that this Python has, so that tests run under the pytest that they are for.
_AT_THE_END = """
import sys
sys.path.append(sys.argv.pop(1))
from mutmut.__main__ import cli
cli()
"""
_NO_TESTS, _SURVIVED = 33, 0  # What it writes beside a mutant that it tried on no test, or on all.


@dataclass(frozen=True)
class Tried:
    """What somebody came to. `seconds` are those of the whole process, in which tests run once
    unbroken, and `trying` those from then on. `mutants` were tried on a test; `killed` are those
    that a failure, a crash or a deadline told from the whole code."""

    who: str
    seconds: float
    trying: float
    mutants: int
    killed: int


def install(home: Path) -> bool:
    """False when it cannot be had here; whoever calls says so."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(home), _MUTMUT]
    done = subprocess.run(command, check=False, capture_output=True)
    return not done.returncode


def run(project: Path, home: Path, names: Sequence[str] = (), *, own_pytest: bool) -> Tried:
    """All mutants of the project, or of the functions of these names. With `own_pytest` it runs
    its own pytest, which loads no plugin of ours, and else the one of this Python."""
    python = [sys.executable, *(["-S"] if own_pytest else []), "-c", _AT_THE_END, str(home)]
    began = time.perf_counter()
    done = subprocess.run(
        [*python, "run", "--max-children", str(usable_cores()), *names],
        cwd=project,
        check=False,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - began
    said = re.sub(r"\s+", " ", done.stdout + done.stderr)
    codes = [
        code
        for file in project.glob("mutants/**/*.meta")
        for code in json.loads(file.read_text("utf-8"))["exit_code_by_key"].values()
        if code not in (None, _NO_TESTS)
    ]
    rate = re.search(r"([\d.]+) mutations/second", said)
    if not codes or not rate:
        raise SystemExit(f"mutmut tried nothing: {said[-300:]}")
    killed = sum(code != _SURVIVED for code in codes)
    return Tried("mutmut", seconds, len(codes) / float(rate[1]), len(codes), killed)
