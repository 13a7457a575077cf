"""Everything a claim cites, as it stands in the source: what is there, and which links are dead."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evidence.engine.judge.model import CodeEvidence
from evidence.engine.mistakes import Mistake
from evidence.engine.project import Project
from evidence.engine.register.model import Claim, Link, Register
from evidence.engine.source.check import dead_links
from evidence.engine.source.links import LinkDead, resolve_symbol, resolve_test
from evidence.engine.source.model import Symbol


@dataclass(frozen=True)
class Cited:
    """One claim's citations.

    `symbols` are those that have lines to run; `code` lists every code citation, dead ones with
    lines 0; `test_lines` maps each test that exists to its first and last line; `dead` says what
    is wrong with each dead link of any kind.
    """

    claim: Claim
    symbols: tuple[Symbol, ...]
    code: tuple[CodeEvidence, ...]
    test_lines: dict[str, tuple[int, int]]
    dead: tuple[str, ...]

    def is_alive(self, test: str) -> bool:
        return test in self.test_lines


def read_citations(project: Project, register: Register) -> tuple[Cited, ...]:
    """The citations of every claim, in the register's order."""
    dead = dead_links(project, register)
    return tuple(_cited(project.root, claim, dead[claim]) for claim in register.claims)


def _cited(root: Path, claim: Claim, dead: tuple[Mistake, ...]) -> Cited:
    found = [(link, _symbol(root, link)) for link in claim.code]
    tests = [(link, _test(root, link)) for link in claim.tests]
    return Cited(
        claim=claim,
        symbols=tuple(symbol for _, symbol in found if symbol and symbol.is_code),
        code=tuple(_evidence(link, symbol) for link, symbol in found),
        test_lines={link.text: (test.first, test.last) for link, test in tests if test},
        dead=tuple(dict.fromkeys(mistake.text for mistake in dead)),
    )


def _symbol(root: Path, link: Link) -> Symbol | None:
    try:
        return resolve_symbol(root, link)
    except LinkDead:
        return None


def _test(root: Path, link: Link) -> Symbol | None:
    try:
        return resolve_test(root, link)
    except LinkDead:
        return None


def _evidence(link: Link, symbol: Symbol | None) -> CodeEvidence:
    if symbol is None:
        return CodeEvidence(path=link.path, symbol=link.name, first=0, last=0, sha256="")
    return CodeEvidence(
        path=symbol.path,
        symbol=symbol.name,
        first=symbol.first,
        last=symbol.last,
        sha256=symbol.sha256,
        executable=symbol.is_code,
    )
