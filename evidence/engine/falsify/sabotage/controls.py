"""The same tests on unbroken code, in a copy like the others: what is red there kills nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from evidence.engine.falsify.model import Outcome, PatchRun
from evidence.engine.falsify.sabotage.narrowed import by_gate, for_tests
from evidence.engine.falsify.sabotage.outcome import red_tests
from evidence.engine.falsify.sabotage.trial import Lane, tests_of
from evidence.engine.register.model import Patch, Register
from evidence.engine.run.contexts import without_case


@dataclass
class Controls:
    """One run of every test that some patch has to be caught by."""

    register: Register
    patches: Sequence[Patch]
    root: Path
    red: dict[str, str] = field(default_factory=dict)

    @property
    def tests(self) -> tuple[str, ...]:
        """Each once. The gates' own runs are the controls of their patches."""
        claims = [patch for patch in self.patches if not patch.is_control]
        return tuple(
            dict.fromkeys(test for patch in claims for test in tests_of(patch, self.register))
        )

    def run(self, lane: Lane) -> None:
        """Remembers which are red."""
        for number, (gate, tests) in enumerate(by_gate(self.tests, self.register, self.root)):
            name = f"unbroken_{number}"
            narrowed = for_tests(gate, tests, name=name, root=lane.bench.project.root, once=False)
            run = lane.run_gate(narrowed)
            self.red |= red_tests(run, lane.bench.results / name / "pytest.json", tests)

    def judged(self, run: PatchRun, patch: Patch) -> PatchRun:
        """The patch's run, with no kill left to a test that is red on unbroken code."""
        if patch.is_control or not run.outcome.is_kill:
            return run
        red = [test for test in run.killed_by if without_case(test) in self.red]
        kept = tuple(test for test in run.killed_by if test not in red)
        asked = tests_of(patch, self.register)
        if run.killed_by and kept:
            return replace(run, killed_by=kept)
        tainted = red or [test for test in asked if test in self.red]
        if not tainted:
            return run
        first = without_case(tainted[0])
        why = f"{first} {self.red[first]}, so that it fails here shows nothing"
        return replace(run, outcome=Outcome.NOT_TRIED, killed_by=(), why=why)
