"""What became of the things that were broken on purpose, as recorded.

The harness and the sabotage runner write these; judge and publish read them, whoever ran them.
Nothing here is judged: whether a kill counts for a claim depends on which tests the claim cites.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from evidence.engine.falsify.trace import Shared, Trace


class Outcome(StrEnum):
    """How one test, or all that were tried, answered a breakage."""

    ASSERTION = "assertion"
    CRASH = "crash"
    TIMEOUT = "timeout"
    SURVIVED = "survived"
    # Of a mutant: no test that any claim cites for it runs its line.
    NOT_COVERED = "not covered"
    # The test never got to its call phase. That proves nothing, so it is no kill.
    SETUP_ERROR = "setup error"
    # The harness could not try it; `why` says what was in the way.
    NOT_TRIED = "not tried"
    # Of a mutant: this build tried only a sample of the claim's, and it is not in it.
    LEFT_OUT = "left out"
    # Of a gate's control patch: the gate failed, as it should.
    RED = "red"

    @property
    def is_kill(self) -> bool:
        return self in _KILLS


_KILLS = frozenset({Outcome.ASSERTION, Outcome.CRASH, Outcome.TIMEOUT, Outcome.RED})


@dataclass(frozen=True)
class Trial:
    """One test against one mutant. `message` is one line of what it said, for people."""

    test: str
    outcome: Outcome
    message: str = ""


@dataclass(frozen=True)
class MutantRun:
    """One mutant and the tests tried on it, in the order in which they were.

    `symbol` is the digest of the broken function's text; `diff` what a person reads. Tests are
    those of all claims that cite the code, so `trials` may hold kills that count for one claim
    and not for another. `fresh` says that it ran from an edited copy in a process of its own.
    `why` is set when something kept it from being tried. `reused_from` is another commit at which
    it was found out, when nothing that it hangs on changed since.
    """

    id: str
    path: str
    unit: str
    line: int
    operator: str
    symbol: str
    diff: tuple[str, ...]
    trials: tuple[Trial, ...] = ()
    fresh: bool = False
    why: str = ""
    reused_from: str = ""

    def kill(self, tests: frozenset[str]) -> Trial | None:
        """The first kill by one of these tests; one by an assertion before any other."""
        kills = [each for each in self.trials if each.outcome.is_kill and each.test in tests]
        asserted = (each for each in kills if each.outcome is Outcome.ASSERTION)
        return next(asserted, next(iter(kills), None))

    def outcome(self, tests: frozenset[str]) -> Outcome:
        """What it came to for a claim that cites these tests."""
        if kill := self.kill(tests):
            return kill.outcome
        own = [each.outcome for each in self.trials if each.test in tests]
        if self.why:
            return Outcome.NOT_TRIED
        if Outcome.SURVIVED in own:
            return Outcome.SURVIVED
        return next(iter(own), Outcome.NOT_COVERED)


@dataclass(frozen=True)
class PatchRun:
    """One sabotage patch against one claim's tests, or one control patch against its gate.

    `patch` is the file's name without its ending, `target` the claim's or the gate's id, `breaks`
    the sentence in the patch's head. `killed_by` are the tests that went red, `log` the end of
    what was printed, cleaned. `why` says in a sentence what happened when it was no kill;
    `reused_from` as for a mutant.
    """

    patch: str
    target: str
    breaks: str
    diff: tuple[str, ...]
    outcome: Outcome
    killed_by: tuple[str, ...] = ()
    why: str = ""
    log: tuple[str, ...] = ()
    reused_from: str = ""


@dataclass(frozen=True)
class Falsification:
    """Everything that was broken in one run.

    `claims` maps each claim whose code was mutated to its mutants' ids, in reading order; it is
    None when no mutant was run, as `patches` is when no patch was. `left_out` holds those of them
    that were not tried because an ordinary build tries only a sample. `red` maps each test that was
    not green on unbroken code to why: it takes no kill, and taints the claims that cite it.
    `flaky` names tests that ended differently on the same code. `complaints` are sentences about
    the harness itself: any of them fails the build. `audited` counts the mutants run again in
    processes of their own. `traces` tell where the trials of a function or a patch went, and
    `shared` what all of them share; `keys` and `shared_key` are digests of that, as it was then.
    """

    claims: dict[str, tuple[str, ...]] | None = None
    left_out: dict[str, tuple[str, ...]] = field(default_factory=dict)
    mutants: tuple[MutantRun, ...] = ()
    red: dict[str, str] = field(default_factory=dict)
    flaky: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()
    audited: int = 0
    patches: tuple[PatchRun, ...] | None = None
    keys: dict[str, str] = field(default_factory=dict)
    traces: dict[str, Trace | None] = field(default_factory=dict)
    shared: Shared = field(default_factory=Shared)
    shared_key: str = ""

    def of(self, claim: str) -> tuple[MutantRun, ...]:
        """The claim's mutants."""
        return tuple(self._by_id[each] for each in (self.claims or {}).get(claim, ()))

    def outcome(self, claim: str, mutant: MutantRun, tests: frozenset[str]) -> Outcome:
        """What one of the claim's mutants came to, when only a kill by these tests counts.

        A mutant in another claim's sample may have met some of this claim's tests: a kill is one,
        and anything else says nothing, for the others had no turn.
        """
        if mutant.kill(tests) is None and mutant.id in self._left_out.get(claim, ()):
            return Outcome.LEFT_OUT
        return mutant.outcome(tests)

    def against(self, target: str) -> tuple[PatchRun, ...]:
        """The patches that break this claim, or this gate."""
        return tuple(patch for patch in self.patches or () if patch.target == target)

    @cached_property
    def _left_out(self) -> dict[str, frozenset[str]]:
        return {claim: frozenset(ids) for claim, ids in self.left_out.items()}

    @cached_property
    def _by_id(self) -> dict[str, MutantRun]:
        return {mutant.id: mutant for mutant in self.mutants}
