"""What tests of the sabotage stage share."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence.engine.falsify.sabotage import trial
from tests.evidence.falsify.sabotage.lane import Pretended


@pytest.fixture
def pretended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pretended:
    """A project whose gates answer as they are told; no answer is given yet."""
    made = Pretended(tmp_path, [])
    monkeypatch.setattr(trial, "run_gate", made.run_gate)
    return made
