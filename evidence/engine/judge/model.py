"""Verdicts: the single list that every page and evidence.json render from."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from evidence.engine.falsify.model import MutantRun, Outcome, PatchRun, Trial
from evidence.engine.register.model import Claim, PublicClaim, Waiver


class Status(StrEnum):
    """What a claim came to. Nobody can type it."""

    MET = "met"
    PARTLY = "partly"
    NOT = "not"
    OUT = "out"


class Rung(StrEnum):
    """One step of the ladder, in the order in which it is climbed."""

    LINKED = "linked"
    PASSED = "passed"
    EXECUTED = "executed"
    FALSIFIED = "falsified"
    DEMONSTRATED = "demonstrated"


class Standing(StrEnum):
    """How a claim stands on one rung."""

    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "n/a"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class CodeEvidence:
    """A cited symbol as it stands at this commit. `first`/`last` are 0 when the link is dead.

    `executable`: it has lines that a test can run, as a constant or a document has not.
    """

    path: str
    symbol: str
    first: int
    last: int
    sha256: str
    executable: bool = False


@dataclass(frozen=True)
class TestEvidence:
    """A cited test.

    `outcome` is passed, failed, error, skipped or "never ran" over all its cases; `cases` counts
    them. `executes` are the body lines of the claim's own symbols, as (path, line), that it ran in
    its call phase; `setup_only` those that only its setup or teardown ran. `message` is the first
    failure's text. `first`/`last` place the test in its file, 0 when the link is dead.
    """

    id: str
    outcome: str
    cases: int
    executes: tuple[tuple[str, int], ...]
    setup_only: tuple[tuple[str, int], ...]
    message: str
    first: int
    last: int
    gate: str


@dataclass(frozen=True)
class Mutation:
    """A mutant as it counts for one claim: only a kill by a test that the claim cites does.

    `uncited` is a kill by another claim's test; it is shown and does not count. A waiver is kept
    only on what survived.
    """

    mutant: MutantRun
    outcome: Outcome
    kill: Trial | None = None
    uncited: Trial | None = None
    waiver: Waiver | None = None


@dataclass(frozen=True)
class Breakages:
    """Everything that was broken to see a claim's tests fail. `controls` are the patches of the
    gates that it cites; `notes` are sentences that take away no rung."""

    mutations: tuple[Mutation, ...] = ()
    patches: tuple[PatchRun, ...] = ()
    controls: tuple[PatchRun, ...] = ()
    notes: tuple[str, ...] = ()

    def count(self, outcome: Outcome) -> int:
        return sum(1 for each in self.mutations if each.outcome is outcome)

    def of(self, name: str) -> int:
        """How many mutants there are of `path::name`, or of the methods of a class of that name."""
        units = (f"{each.mutant.path}::{each.mutant.unit}." for each in self.mutations)
        return sum(1 for unit in units if unit.startswith(f"{name}."))

    @property
    def unkilled(self) -> tuple[Mutation, ...]:
        """Those that were tried, that no cited test killed and that nobody waived."""
        alive = (each for each in self.mutations if not each.outcome.is_kill)
        return tuple(e for e in alive if e.waiver is None and e.outcome is not Outcome.LEFT_OUT)

    @property
    def left_out(self) -> tuple[Mutation, ...]:
        """Those that this build did not try, for they are not in its sample, and nobody waived."""
        untried = (each for each in self.mutations if each.outcome is Outcome.LEFT_OUT)
        return tuple(each for each in untried if each.waiver is None)

    @property
    def waived(self) -> tuple[Mutation, ...]:
        return tuple(each for each in self.mutations if each.waiver)


@dataclass(frozen=True)
class RungVerdict:
    rung: Rung
    standing: Standing
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """One claim, judged."""

    claim: Claim
    status: Status
    rungs: tuple[RungVerdict, ...]
    reasons: tuple[str, ...]
    code: tuple[CodeEvidence, ...]
    tests: tuple[TestEvidence, ...]
    broken: Breakages = field(default_factory=Breakages)

    def rung(self, rung: Rung) -> RungVerdict:
        return next(verdict for verdict in self.rungs if verdict.rung == rung)


@dataclass(frozen=True)
class Shown:
    """How a demo step went in the browser, by the run's record. `screenshot` is the artifact's
    path in the results, empty without one."""

    status: str
    why: str = ""
    screenshot: str = ""


@dataclass(frozen=True)
class Said:
    """A sentence that is said elsewhere, and which of the claims it rests on are not Met."""

    public: PublicClaim
    unborne_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """Every claim and every requirement, judged from one run. `requirements` maps id to status,
    `shown` holds the demo steps that were walked, `controls` what each gate did when broken,
    `complaints` what is wrong with the harness that broke code: any of them fails the build,
    and so does a sentence of `said` that its claims do not bear. With `tried` false nothing was
    broken on purpose, so that no claim can be Met and no sentence is judged."""

    verdicts: tuple[Verdict, ...]
    requirements: dict[str, Status]
    shown: dict[str, Shown] = field(default_factory=dict)
    controls: dict[str, tuple[PatchRun, ...]] = field(default_factory=dict)
    complaints: tuple[str, ...] = ()
    said: tuple[Said, ...] = ()
    tried: bool = True

    @property
    def says_too_much(self) -> tuple[Said, ...]:
        """The sentences that their claims do not bear."""
        return tuple(said for said in self.said if said.unborne_by) if self.tried else ()

    def counts(self) -> dict[Status, int]:
        """How many claims stand at each status; out of scope is counted by the register."""
        return {
            status: sum(1 for verdict in self.verdicts if verdict.status is status)
            for status in (Status.MET, Status.PARTLY, Status.NOT)
        }
