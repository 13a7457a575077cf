"""A claim that is met, as evidence.json tells it, and why the verifier refuses another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evidence import verify

DIGEST = "a" * 64
GATES = {
    "tests": {"status": "passed", "control": "red", "log": "proof/tests.log"},
    "lint": {"status": "failed", "control": "red", "log": "proof/lint.log"},
    "docker": {"status": "not run", "control": "none", "log": "proof/docker.log"},
    "untried": {"status": "not run", "control": "none", "log": None},
}


def claim(**changes: Any) -> dict[str, Any]:
    """A critical claim that is met on four rungs and has no demo step."""
    made: dict[str, Any] = {
        "id": "TILL-01",
        "critical": True,
        "requirements": ["T1"],
        "status": "met",
        "rungs": {
            "linked": "yes",
            "passed": "yes",
            "executed": "yes",
            "falsified": "yes",
            "demonstrated": "n/a",
        },
        "code": [{"sha256": DIGEST, "lines": [3, 5], "executable": True, "mutants": 3}],
        "tests": [{"outcome": "passed", "executes": [4]}],
        "gates": ["tests"],
        "mutants": {
            "assertion": 3,
            "crash": 0,
            "timeout": 0,
            "untried": 0,
            "survived": [],
            "waived": [],
        },
        "sabotage": [{"patch": "p", "outcome": "assertion"}],
        "demo": None,
    }
    return {**made, **changes}


def reason(check: Callable[[], object]) -> str:
    """Why it is refused; empty when it is not."""
    try:
        check()
    except verify.Refused as refused:
        return refused.name
    return ""
