"""What these stories are told with: a small project that is proved again after each change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from evidence.engine.cli import main
from tests.evidence.conftest import Stranger

LED = """

def owed(pennies):
    if pennies:
        return 1
    return spare()


def spare():
    rest = 2
    return rest
"""


def falsified(stranger: Stranger) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stranger.read(".local/evidence/results/falsified.json"))
    return found


def prove(stranger: Stranger) -> dict[str, str]:
    """By function the commit at which its mutants were tried, if that was an earlier one."""
    stranger.commit()
    assert main(["run", "--project", str(stranger.root), "--no-color"]) == 0
    return {mutant["unit"]: mutant["reused_from"] for mutant in falsified(stranger)["mutants"]}


def led(stranger: Stranger, files: Mapping[str, str], tests: Mapping[str, str]) -> str:
    """The commit at which it was proved first, with these files and, by function, with a claim that
    cites a test."""
    stranger.write("till/money.py", stranger.read("till/money.py") + LED)
    for path, text in files.items():
        stranger.write(path, text)
    for number, (function, test) in enumerate(tests.items(), start=4):
        claim(stranger, f"TILL-{number:02}", function, test)
    prove(stranger)
    return stranger.git("rev-parse", "HEAD")


def claim(stranger: Stranger, name: str, function: str, test: str) -> None:
    """One more, on a function of `till/money.py`."""
    told = f"{{id: {name}, says: It is so., code: [till/money.py::{function}], tests: [{test}]}}"
    path = "evidence/claims/till.yml"
    stranger.write(path, stranger.read(path) + f"  - {told}\n")
