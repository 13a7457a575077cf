"""The nouns of the register. Every value knows the place where a person wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from evidence.engine.mistakes import Place

# Options whose next word is theirs, so that it is no path to tests even where one is called so.
_TAKES_A_WORD = frozenset(
    {"-c", "-p", "-k", "-m", "-W", "-o", "-r", "--rootdir", "--confcutdir", "--ignore"}
    | {"--deselect", "--basetemp", "--durations", "--maxfail", "--import-mode", "--config-file"}
)


@dataclass(frozen=True)
class Link:
    """A citation as written (`path`, `path::Qual.name` or an id) and where."""

    text: str
    place: Place

    @property
    def path(self) -> str:
        """The file part of `path::name`."""
        return self.text.partition("::")[0]

    @property
    def name(self) -> str:
        """The name part of `path::name`; empty when a whole file is cited."""
        return self.text.partition("::")[2]


@dataclass(frozen=True)
class Claim:
    """One promise and everything it rests on."""

    id: str
    area: str
    says: str
    place: Place
    requirements: tuple[Link, ...] = ()
    critical: bool = False
    code: tuple[Link, ...] = ()
    tests: tuple[Link, ...] = ()
    gates: tuple[Link, ...] = ()
    pages: tuple[Link, ...] = ()
    demo: Link | None = None
    sabotage: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Area:
    """One file of the register: a name, a sentence about it, and its claims in written order."""

    name: str
    about: str
    file: str
    claims: tuple[Claim, ...]

    @property
    def slug(self) -> str:
        """The file's stem, which is the area's page name."""
        return self.file.rsplit("/", 1)[-1].rsplit(".", 1)[0]


@dataclass(frozen=True)
class Tool:
    """A tool whose version a log names: a Python distribution, or a command that prints it."""

    name: str
    run: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gate:
    """One command that proves something.

    Exactly one of `run` (an argv) and `pytest` (arguments; the engine adds its own reporting)
    is set. Both may hold `{python}`, `{out}` (a folder of the gate's own), `{root}` and `{cores}`.
    `cores` is how many it keeps busy: a half is for one that mostly waits for others.
    `varies` are names and regular expressions of what differs between two runs of one commit, such
    as seconds; the log shows the name in its place.
    """

    id: str
    proves: str
    place: Place
    run: tuple[str, ...] = ()
    pytest: tuple[str, ...] | None = None
    timeout_s: float = 300.0
    cores: float = 1
    needs: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    tools: tuple[Tool, ...] = ()
    artifacts: tuple[str, ...] = ()
    varies: tuple[tuple[str, str], ...] = ()
    control: Link | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """Where pytest is to look for tests, of what it is given: no options, nor words of them."""
        words = self.pytest or ()
        return tuple(
            word
            for before, word in pairwise(("", *words))
            if not word.startswith("-") and before not in _TAKES_A_WORD
        )


@dataclass(frozen=True)
class Patch:
    """A diff that breaks one promise on purpose, and what is expected to catch it.

    `breaks` is a claim's id or, with `is_control`, a gate's. `caught_by` are tests of the claim
    that have to fail (all that it cites when empty). A gate has to fail with `expect` in its log;
    `narrow` are the arguments that stand in for the paths it is given otherwise. `diff` is as
    written: where `seam` stands in it (and stood in `expect`), two halves are joined, so that the
    file itself does not hold what it plants. `touches` are paths from the project's root.
    """

    name: str
    place: Place
    breaks: str
    is_control: bool
    says: str
    diff: str
    touches: tuple[str, ...] = ()
    caught_by: tuple[Link, ...] = ()
    expect: str = ""
    narrow: tuple[str, ...] = ()
    seam: str = ""

    @property
    def joined(self) -> str:
        """The diff as it is applied."""
        return self.diff.replace(self.seam, "") if self.seam else self.diff


@dataclass(frozen=True)
class Requirement:
    """Something that was asked for, with the id that claims cite.

    `lacks` says what part of it no claim speaks of yet. It can only lower a requirement: with it,
    claims that are all Met make it partly met.
    """

    id: str
    text: str
    group: str
    place: Place
    lacks: str = ""


@dataclass(frozen=True)
class Waiver:
    """Why mutants of one symbol may survive: they change nothing that anybody could tell.

    `symbol` is `path::Qual.name`; `mutant` names one of its mutants by id, or `operator` all of
    one kind. It holds while the digest of the symbol's text begins with `sha256`.
    """

    symbol: str
    mutant: str
    operator: str
    category: str
    reason: str
    author: str
    sha256: str
    place: Place


@dataclass(frozen=True)
class DemoStep:
    """One step of the demo that a person can follow by hand: who, what they do, what they see.

    `does` holds one act an item, `sees` what shows that it worked, `minutes` how long it takes.
    """

    id: str
    title: str
    who: str
    does: tuple[str, ...]
    sees: str
    minutes: float
    place: Place


@dataclass(frozen=True)
class Demo:
    """The steps in their order, and the gate that walks them in a real browser."""

    gate: Link
    steps: tuple[DemoStep, ...] = ()

    def step(self, step_id: str) -> DemoStep | None:
        return next((step for step in self.steps if step.id == step_id), None)


@dataclass(frozen=True)
class OutOfScope:
    """Something this project says it does not do, and why."""

    id: str
    says: str
    why: str
    place: Place


@dataclass(frozen=True)
class PublicClaim:
    """A sentence that is said elsewhere, word by word, and the claims that it rests on.

    `where` is a file of the project, or names another place in words.
    """

    where: str
    says: str
    claims: tuple[Link, ...]
    place: Place


@dataclass(frozen=True)
class Register:
    """Everything people wrote, in reading order."""

    areas: tuple[Area, ...] = ()
    gates: tuple[Gate, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    out_of_scope: tuple[OutOfScope, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    public: tuple[PublicClaim, ...] = ()
    demo: Demo | None = None
    patches: tuple[Patch, ...] = ()

    @property
    def claims(self) -> tuple[Claim, ...]:
        return tuple(claim for area in self.areas for claim in area.claims)

    def gate(self, gate_id: str) -> Gate | None:
        return next((gate for gate in self.gates if gate.id == gate_id), None)

    def patch(self, name: str) -> Patch | None:
        return next((patch for patch in self.patches if patch.name == name), None)
