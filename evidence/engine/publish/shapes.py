"""The things that pages show, ready to lay out. `views` makes them."""

from __future__ import annotations

from dataclasses import dataclass

from evidence.engine.judge.model import Status
from evidence.engine.publish.breakages import PatchView
from evidence.engine.publish.code import block
from evidence.engine.publish.mutations import MutationsView
from evidence.engine.publish.sources import SourceFile
from evidence.engine.publish.words import Word
from evidence.engine.run.model import GateRun

# An excerpt up to here stands open; a longer one waits behind its title.
_OPEN_LINES = 14


@dataclass(frozen=True)
class RungView:
    """`is_shared`: every claim of the area lacks it for the same reasons, which are said once."""

    name: str
    meaning: str
    word: Word
    reasons: tuple[str, ...]
    is_shared: bool = False


@dataclass(frozen=True)
class LinkView:
    """Something to follow: `text` and an address, which is empty when there is no such thing."""

    text: str
    href: str
    title: str = ""
    word: Word | None = None


@dataclass(frozen=True)
class Excerpt:
    """Lines of a file. No lines: `note` says why."""

    title: str
    href: str
    permalink: str
    where: str
    file: SourceFile | None = None
    first: int = 0
    lines: tuple[str, ...] = ()
    marked: frozenset[int] = frozenset()
    note: str = ""

    @property
    def code(self) -> str:
        """The lines highlighted, with their real numbers; worked out only when it is shown."""
        if self.file is None:
            return ""
        last = self.first + len(self.lines) - 1
        return block(self.file.html_of(self.first, last), first=self.first, marked=self.marked)

    @property
    def is_open(self) -> bool:
        return len(self.lines) <= _OPEN_LINES


@dataclass(frozen=True)
class TestView:
    """A cited test: how it ended, on how many cases, and the cited lines that it runs."""

    excerpt: Excerpt
    outcome: Word
    cases: str
    runs: tuple[LinkView, ...]
    setup_only: tuple[LinkView, ...]
    message: str
    gate: LinkView | None


@dataclass(frozen=True)
class GateView:
    """A gate's verdict and where its proof is."""

    id: str
    proves: str
    word: Word
    why: str
    exit_code: str
    command: str
    href: str
    log: str
    sha256: str
    artifacts: tuple[LinkView, ...]
    claims: tuple[LinkView, ...]
    rests: str
    run: GateRun | None
    controls: tuple[PatchView, ...] = ()


@dataclass(frozen=True)
class StepView:
    """A step of the demo: what to do and see, how it went in the browser, and its claims.

    `picture` is empty when the step left no screenshot; `does` and `sees` hold `code` in ticks.
    """

    number: int
    anchor: str
    title: str
    who: str
    minutes: str
    does: tuple[str, ...]
    sees: str
    word: Word
    why: str
    picture: str
    claims: tuple[LinkView, ...]


@dataclass(frozen=True)
class ClaimView:
    """One claim, as its section and its row in the matrix show it."""

    id: str
    says: str
    area: str
    critical: bool
    status: Status
    word: Word
    href: str
    rungs: tuple[RungView, ...]
    reasons: tuple[str, ...]
    requirements: tuple[LinkView, ...]
    code: tuple[Excerpt, ...]
    tests: tuple[TestView, ...]
    gates: tuple[GateView, ...]
    pages: tuple[LinkView, ...]
    demo: LinkView | None = None
    patches: tuple[PatchView, ...] = ()
    mutants: MutationsView | None = None


@dataclass(frozen=True)
class AreaView:
    name: str
    about: str
    page: str
    href: str
    claims: tuple[ClaimView, ...]
    tally: tuple[tuple[Word, int], ...]
    shared: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class RequirementView:
    id: str
    anchor: str
    text: str
    group: str
    word: Word
    why: str
    claims: tuple[LinkView, ...]
    lacks: str = ""


@dataclass(frozen=True)
class SaidView:
    """A sentence that is said elsewhere: where, and the claims it rests on."""

    where: str
    says: str
    word: Word
    claims: tuple[LinkView, ...]
