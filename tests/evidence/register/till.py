"""The register of a stranger: its files, what more can stand in it, and what is said of it."""

from __future__ import annotations

import pytest

from evidence.engine.mistakes import Mistakes
from evidence.engine.project import load_project
from evidence.engine.register.reading import read_register

TILL = "evidence/claims/till.yml"
GATES = "evidence/gates.yml"
DEMO = """gate: tests
steps:
  - {id: buy, title: Buy, who: customer, does: [Press `Buy`.], sees: "A receipt.", minutes: 2}
"""
PUBLIC = """public_claims:
  - where: README.md
    says: A till that adds up.
    claims: [TILL-01]
  - where: A post on LinkedIn
    says: Never a penny lost.
    claims: [TILL-01, TILL-02]
"""


def said(stranger) -> list[str]:
    """Every line that reading the stranger's register complains with."""
    with pytest.raises(Mistakes) as refused:
        read_register(load_project(stranger.root))
    assert all(mistake.fatal for mistake in refused.value.found)
    return str(refused.value).splitlines()
