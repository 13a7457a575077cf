"""What there is to break: the mutants of each claim's code, before anything is run."""

from __future__ import annotations

import functools
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass

from evidence.engine.falsify.mutants import Mutant, mutants_of
from evidence.engine.mistakes import CannotRun, did_you_mean
from evidence.engine.project import Project
from evidence.engine.register.model import Claim, Link, Register
from evidence.engine.source.links import LinkDead, resolve_symbol


@dataclass(frozen=True)
class Breakable:
    """A claim and the mutants of the code it cites, each once, in the order of its links."""

    claim: Claim
    mutants: tuple[Mutant, ...]


def chosen(register: Register, ids: Iterable[str]) -> tuple[Claim, ...]:
    """The claims of these ids, all of them without ids. Raises CannotRun for an unknown one."""
    wanted = tuple(dict.fromkeys(ids))
    by_id = {claim.id: claim for claim in register.claims}
    for one in wanted:
        if one not in by_id:
            near = did_you_mean(one, tuple(by_id)) or "; `mutants` alone lists all of them"
            raise CannotRun(f"claim {one}: not in the register{near}")
    return tuple(by_id[one] for one in wanted) or register.claims


def breakable(project: Project, claim: Claim) -> Breakable:
    """The mutants of everything that the claim cites as code; dead links have none."""
    found = (mutant for link in claim.code for mutant in mutants_of_link(project, link))
    return Breakable(claim, tuple({mutant.id: mutant for mutant in found}.values()))


def source_of(project: Project, path: str) -> str:
    """The file's text as Python reads it."""
    with tokenize.open(project.root / path) as file:
        return file.read()


def mutants_of_link(project: Project, link: Link) -> tuple[Mutant, ...]:
    """Those of one cited symbol; none when the link is dead or no function is cited."""
    if not link.name:
        return ()
    try:
        resolve_symbol(project.root, link)
        return _of_text(link.path, source_of(project, link.path), link.name)
    except (LinkDead, OSError, SyntaxError, UnicodeDecodeError):
        # A link that leads nowhere is told as a dead link, with its place and the next step.
        return ()


@functools.lru_cache(maxsize=1024)
def _of_text(path: str, source: str, name: str) -> tuple[Mutant, ...]:
    return mutants_of(path=path, source=source, name=name)
