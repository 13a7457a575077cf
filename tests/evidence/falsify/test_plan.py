"""falsify.plan: in which order tests are asked about a mutant."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from evidence.engine.falsify.lines import Lines
from evidence.engine.falsify.plan import Recorded
from evidence.engine.mistakes import Place
from evidence.engine.register.model import Gate

SIZES = {"t.py::big": 900, "t.py::small": 12, "t.py::other": 10, "t.py::cases[a]": 200}


@pytest.mark.parametrize("seconds", [dict.fromkeys(SIZES, 0.1), {"t.py::small": 60.0}])
def test_order_hangs_on_lines_and_names_and_never_on_seconds(seconds: Mapping[str, float]) -> None:
    recorded = Recorded(
        Gate("tests", "They pass.", Place("gates.yml")), seconds, Lines(sizes=SIZES)
    )
    ordered = sorted(SIZES, key=lambda test: recorded.rank(test, (test,)))
    assert ordered == ["t.py::other", "t.py::small", "t.py::cases[a]", "t.py::big"]
