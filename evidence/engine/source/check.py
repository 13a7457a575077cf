"""Every dead link of a register: code, tests, gates, requirements, pages and sabotage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from evidence.engine.mistakes import Mistake, Mistakes, did_you_mean
from evidence.engine.project import Project
from evidence.engine.register.model import Claim, Link, Register
from evidence.engine.register.reading import GATES, REQUIREMENTS, survey_register
from evidence.engine.source.links import LinkDead, resolve_path, resolve_symbol, resolve_test
from evidence.engine.source.nearby import forget_files


def check_register(project: Project) -> tuple[Register, tuple[Mistake, ...]]:
    """The register and its dead links. Raises Mistakes when it is not well formed.

    Then the exception holds everything, dead links of what could be read included, so that a
    person mends all of it in one go.
    """
    survey = survey_register(project)
    dead = check_links(project, survey.register, unread=survey.unread)
    if survey.mistakes:
        raise Mistakes((*survey.mistakes, *dead))
    return survey.register, dead


def check_links(
    project: Project, register: Register, *, unread: frozenset[str] = frozenset()
) -> tuple[Mistake, ...]:
    """Every dead link, in file order; none of them is fatal. `unread` files hold unknown ids."""
    forget_files()
    known = _known(register, unread)
    return tuple(
        sorted(dead for claim in register.claims for dead in _dead_links(project, claim, known))
    )


def dead_links(project: Project, register: Register, claim: Claim) -> tuple[Mistake, ...]:
    """The dead links of one claim."""
    return tuple(_dead_links(project, claim, _known(register, frozenset())))


@dataclass(frozen=True)
class _Known:
    """Ids that may be cited; None where the file that lists them could not be read."""

    gates: frozenset[str] | None
    requirements: frozenset[str] | None


def _known(register: Register, unread: frozenset[str]) -> _Known:
    gates = frozenset(gate.id for gate in register.gates)
    requirements = frozenset(requirement.id for requirement in register.requirements)
    return _Known(
        gates=None if GATES in unread else gates,
        requirements=None if REQUIREMENTS in unread else requirements,
    )


def _dead_links(project: Project, claim: Claim, known: _Known) -> Iterator[Mistake]:
    cited: tuple[tuple[tuple[Link, ...], Callable[[Path, Link], object]], ...] = (
        (claim.code, resolve_symbol),
        (claim.tests, resolve_test),
        (claim.pages, resolve_path),
    )
    for links, resolve in cited:
        for link in links:
            try:
                resolve(project.root, link)
            except LinkDead as error:
                yield _dead(claim, link, str(error))
    yield from _unknown(claim, claim.gates, known.gates, GATES)
    yield from _unknown(claim, claim.requirements, known.requirements, REQUIREMENTS)
    yield from _lost_patches(project, claim)


def _unknown(
    claim: Claim, links: Iterable[Link], known: frozenset[str] | None, file: str
) -> Iterator[Mistake]:
    for link in links if known is not None else ():
        if link.text not in (known or ()):
            hint = did_you_mean(link.text, sorted(known or ())) or "; add it there"
            yield _dead(claim, link, f"{link.text}: not found in {file}{hint}")


def _lost_patches(project: Project, claim: Claim) -> Iterator[Mistake]:
    folder = project.register / "sabotage"
    for link in claim.sabotage:
        if not (folder / f"{link.text}.patch").is_file():
            file = f"{folder.relative_to(project.root).as_posix()}/{link.text}.patch"
            known = sorted(path.stem for path in folder.glob("*.patch"))
            hint = did_you_mean(link.text, known) or "; write it"
            yield _dead(claim, link, f"{link.text}: {file} not found{hint}")


def _dead(claim: Claim, link: Link, text: str) -> Mistake:
    return Mistake(link.place, f"{claim.id} cites {text}", fatal=False)
