"""A tiny project, judged by hand, to publish from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

from evidence.engine.falsify.model import PatchRun
from evidence.engine.judge.model import (
    CodeEvidence,
    Judgement,
    Rung,
    RungVerdict,
    Said,
    Shown,
    Standing,
    Status,
    TestEvidence,
    Verdict,
)
from evidence.engine.mistakes import Place
from evidence.engine.project import Project
from evidence.engine.publish.views import Views
from evidence.engine.register.model import (
    Area,
    Claim,
    Demo,
    Gate,
    Link,
    OutOfScope,
    Register,
    Requirement,
)
from evidence.engine.run.model import GateRun, GateStatus, Run, Tree

COMMIT = "0123456789abcdef0123456789abcdef01234567"
COMMITTED_AT = 1_700_000_000

CODE = '''"""Refund rules."""


def assess(asked_pennies: int, left_pennies: int) -> bool:
    """True when the refund may go out."""
    if asked_pennies <= 0:
        return False
    return asked_pennies <= left_pennies
'''

TEST = """from app.policy import assess


def test_a_refund_never_exceeds_what_is_left():
    assert not assess(31, 30)
    assert assess(30, 30)
"""

LOG = "gate: tests\nproves: the tests pass\n\n2 passed\n"

PLACE = Place("evidence/claims/refunds.yml", 3)


def link(text: str) -> Link:
    return Link(text, PLACE)


def verdict(claim: Claim, status: Status = Status.PARTLY, **changes: object) -> Verdict:
    """A claim that passed and has not been falsified, unless `changes` say otherwise."""
    unmeasured = "Not measured yet: nothing has been broken on purpose to see these tests fail."
    standings = {
        Rung.LINKED: (Standing.YES, ()),
        Rung.PASSED: (Standing.YES, ()),
        Rung.EXECUTED: (Standing.YES, ()),
        Rung.FALSIFIED: (Standing.NOT_MEASURED, (unmeasured,)),
        Rung.DEMONSTRATED: (Standing.NOT_APPLICABLE, ()),
    }
    made = Verdict(
        claim=claim,
        status=status,
        rungs=tuple(RungVerdict(rung, *standing) for rung, standing in standings.items()),
        reasons=(unmeasured,) if status is Status.PARTLY else (),
        code=tuple(
            CodeEvidence(cited.path, cited.name, 4, 8, hashlib.sha256(b"x").hexdigest())
            for cited in claim.code
        ),
        tests=tuple(
            TestEvidence(
                id=cited.text,
                outcome="passed",
                cases=2,
                executes=(("app/policy.py", 6), ("app/policy.py", 8)),
                setup_only=(),
                message="",
                first=4,
                last=6,
                gate="tests",
            )
            for cited in claim.tests
        ),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@dataclass
class Sample:
    """A project on disk with its register, run and judgement, ready to publish or to change."""

    root: Path
    claims: list[Claim] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    requirements: tuple[Requirement, ...] = ()
    out_of_scope: tuple[OutOfScope, ...] = ()
    gates: tuple[Gate, ...] = ()
    gate_runs: tuple[GateRun, ...] = ()
    facts: dict[str, object] = field(default_factory=dict)
    repository: str = ""
    secret_patterns: tuple[str, ...] = ()
    demo: Demo | None = None
    shown: dict[str, Shown] = field(default_factory=dict)
    said: tuple[Said, ...] = ()
    complaints: tuple[str, ...] = ()
    tried: bool = True
    controls: dict[str, tuple[PatchRun, ...]] = field(default_factory=dict)
    started_at: str = "2026-01-02T03:04:05Z"
    elapsed_s: float = 12.5

    @property
    def project(self) -> Project:
        pages = self.root / "pages"
        mkdocs = self.root / "mkdocs.yml"
        return Project(
            root=self.root,
            name="Sample shop",
            version="1.0",
            register=self.root / "evidence",
            build=self.root / "build",
            work=self.root / ".local",
            pages=pages if pages.is_dir() else None,
            mkdocs=mkdocs if mkdocs.is_file() else None,
            repository=self.repository,
            secret_patterns=self.secret_patterns,
        )

    @property
    def register(self) -> Register:
        names = dict.fromkeys(claim.area for claim in self.claims)
        return Register(
            areas=tuple(
                Area(
                    name=name,
                    about=f"About {name}.",
                    file=f"evidence/claims/{name.lower()}.yml",
                    claims=tuple(claim for claim in self.claims if claim.area == name),
                )
                for name in names
            ),
            gates=self.gates,
            requirements=self.requirements,
            out_of_scope=self.out_of_scope,
            demo=self.demo,
        )

    @property
    def run(self) -> Run:
        return Run(
            tree=Tree(COMMIT, dirty=False, committed_at=COMMITTED_AT, fingerprint="f" * 64),
            gates=self.gate_runs,
            facts=self.facts,
            started_at=self.started_at,
            elapsed_s=self.elapsed_s,
            host={"python": "3.11.7"},
        )

    @property
    def judgement(self) -> Judgement:
        cited = {link.text for claim in self.claims for link in claim.requirements}
        return Judgement(
            verdicts=tuple(self.verdicts),
            requirements={
                asked.id: Status.PARTLY if asked.id in cited else Status.NOT
                for asked in self.requirements
            },
            shown=self.shown,
            controls=self.controls,
            complaints=self.complaints,
            said=self.said,
            tried=self.tried,
        )

    @property
    def views(self) -> Views:
        return Views(self.project, self.register, self.run, self.judgement)

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def add(self, claim: Claim, status: Status = Status.PARTLY, **changes: object) -> None:
        self.claims.append(claim)
        self.verdicts.append(verdict(claim, status, **changes))


def claim(claim_id: str, says: str, **changes: object) -> Claim:
    made = Claim(
        id=claim_id,
        area="Refunds",
        says=says,
        place=PLACE,
        requirements=(link("C2.1"),),
        code=(link("app/policy.py::assess"),),
        tests=(link("tests/test_policy.py::test_a_refund_never_exceeds_what_is_left"),),
        gates=(link("tests"),),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def make_sample(root: Path) -> Sample:
    """A project in `root` with one gate that passed and one claim that is partly met."""
    sample = Sample(
        root=root,
        requirements=(
            Requirement("C2.1", "The refund policy agrees with the code.", "refunds", PLACE),
            Requirement("C9.9", "Nobody serves this.", "refunds", PLACE),
        ),
        out_of_scope=(OutOfScope("OUT-01", "Gift cards.", "Nobody asked for them.", PLACE),),
        gates=(Gate("tests", "The tests pass.", PLACE, pytest=()),),
        gate_runs=(
            GateRun(
                id="tests",
                status=GateStatus.PASSED,
                why="",
                exit_code=0,
                argv=("python", "-m", "pytest"),
                log="proof/tests.log",
                sha256=hashlib.sha256(LOG.encode()).hexdigest(),
                elapsed_s=2.25,
            ),
        ),
        facts={"refunds.window_days": 30, "roles": {"ops": ["refund:issue"]}},
    )
    sample.write("app/policy.py", CODE)
    sample.write("tests/test_policy.py", TEST)
    sample.write(".local/results/proof/tests.log", LOG)
    sample.add(claim("REF-02", "Refunds never add up to more than the customer paid."))
    return sample
