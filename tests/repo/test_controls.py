"""Each gate of this repository was made to turn red once, on purpose."""

from __future__ import annotations

from evidence.engine.project import load_project
from evidence.engine.register.reading import read_register
from tests.repo.planted import ROOT


def test_every_gate_has_a_control() -> None:
    register = read_register(load_project(ROOT))

    without = [gate.id for gate in register.gates if gate.control is None]
    assert register.gates
    assert without == []
