"""A project of one file, gates written in the test, and the run that comes of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from evidence.engine.mistakes import Place
from evidence.engine.project import Project, Service
from evidence.engine.register.model import Area, Claim, Gate, Link, Register
from evidence.engine.run.listener import Silent
from evidence.engine.run.model import GateRun, Run
from evidence.engine.run.record import results_folder
from evidence.engine.run.session import run_gates
from tests.evidence.conftest import PYTEST_ENV, Stranger


def gate(gate_id: str = "it", script: str = "", **options: Any) -> Gate:
    """A gate that runs a Python script, unless the options say otherwise."""
    if "pytest" not in options:
        options.setdefault("run", ("{python}", "-c", script))
    return Gate(gate_id, f"{gate_id} holds.", Place("evidence/gates.yml", 1), **options)


@dataclass
class Bench:
    """Runs gates in a stranger's repository."""

    stranger: Stranger
    project: Project

    def run(self, *gates: Gate, cites: str = "", listener: Any = None, **options: Any) -> Run:
        """Runs the gates of a register whose one claim, if any, cites that code."""
        project = replace(self.project, **options)
        place = Place("evidence/claims/till.yml", 1)
        claim = Claim("TILL-01", "Till", "It holds.", place, code=(Link(cites, place),))
        areas = (Area("Till", "", place.file, (claim,)),) if cites else ()
        return run_gates(project, Register(areas, gates), None, listener or Silent())

    def run_one(self, one: Gate, **options: Any) -> GateRun:
        (result,) = self.run(one, **options).gates
        return result

    def read(self, path: str) -> str:
        return (results_folder(self.project) / path).read_bytes().decode("utf-8")

    def output(self, gate_id: str = "it") -> str:
        """What stands below the rule of a gate's log."""
        return self.read(f"proof/{gate_id}.log").split("─\n", 1)[1]

    def head(self, gate_id: str = "it") -> dict[str, str]:
        lines = self.read(f"proof/{gate_id}.log").split("\n─", 1)[0].splitlines()
        return {line[:9].strip(): line[10:] for line in lines}


@pytest.fixture
def bench(stranger: Stranger) -> Bench:
    root = stranger.root
    project = Project(
        root=root,
        name="Till",
        version="1.2.0",
        register=root / "evidence",
        build=root / "build",
        work=root / ".local/evidence",
        python=sys.executable,
        cores=2,
        env=tuple(PYTEST_ENV.items()),
        secret_names=("*SECRET*", "*TOKEN*", "*PASSWORD*"),
        secret_patterns=("(sk|rk)_(test|live)_[0-9A-Za-z]{8,}",),
    )
    return Bench(stranger, project)


@pytest.fixture
def service(tmp_path: Path) -> Callable[..., Service]:
    def write(script: str, timeout_s: float = 20.0) -> Service:
        return Service("box", ("{python}", "-c", script), timeout_s)

    return write
