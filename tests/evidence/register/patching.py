"""A patch of a stranger's claim TILL-01, and what the engine has to say about it."""

from __future__ import annotations

import pytest

from evidence.engine.mistakes import Mistakes
from evidence.engine.project import load_project
from evidence.engine.source.check import check_register

HEAD = (
    "breaks: TILL-01\nsays: Prices are\n  not added up.\n"
    "caught-by: tests/test_money.py::test_total_adds_up\n\n"
)
DIFF = (
    "--- a/till/money.py\n+++ b/till/money.py\n@@ -8,3 +8,3 @@\n"
    "-    return sum(prices)\n+    return len(prices)\n\n\n"
)
PATCH = "evidence/sabotage/no-sum.patch"
CITED = "gates: [tests]\n    sabotage: [no-sum]\n"


def said(stranger) -> list[str]:
    with pytest.raises(Mistakes) as refused:
        check_register(load_project(stranger.root))
    return str(refused.value).splitlines()


def cite(stranger, text=HEAD + DIFF):
    stranger.write(PATCH, text.encode())
    stranger.replace("evidence/claims/till.yml", "gates: [tests]\n", CITED)


def touching(*paths: str) -> str:
    """A patch of TILL-01 that makes these files."""
    made = (f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n" for path in paths)
    return HEAD + "".join(made)
