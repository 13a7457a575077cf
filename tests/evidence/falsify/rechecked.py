"""Checks of small mutants: which tests run each again, and who else runs its line."""

from __future__ import annotations

from typing import Any

from evidence.engine.falsify.fresh import Check
from evidence.engine.falsify.lines import Lines
from evidence.engine.falsify.mutants import mutants_of
from evidence.engine.falsify.plan import Recorded, Target
from evidence.engine.mistakes import Place
from evidence.engine.register.model import Gate

GATE = Recorded(
    Gate("tests", "They pass.", Place("gates.yml")), {f"t.py::{n}": 0.1 for n in "abc"}, Lines()
)


def source_of(number: int) -> str:
    return "\n" * 4 * number + f"def f(x):\n    return x + {number}\n"


def target(number: int, *, runs: str = "a", path: str = "", at_import: bool = False) -> Target:
    mutant = mutants_of(path=path or f"m{number}.py", source=source_of(number), name="f")[0]
    tests = {f"t.py::{name}" for name in runs}
    return Target(
        mutant=mutant,
        claims={"TILL-01": frozenset(tests)},
        cases={test: (test,) for test in tests},
        diff=(),
        span=(mutant.line, mutant.line),
        at_import=at_import,
    )


UNCITED: dict[str, tuple[str, ...]] = {}  # Tests that run a mutant's line and are not cited for it.


def check(
    number: int, *, runs: str, also: str = "", was_killed: bool = True, **changes: Any
) -> Check:
    one = target(number, runs=runs, **changes)
    UNCITED[one.mutant.id] = tuple(f"t.py::{name}" for name in also)
    return Check(one, frozenset({f"t.py::{runs[0]}"}), was_killed)
