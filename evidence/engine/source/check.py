"""Every dead link of a register: code, tests, gates, requirements, pages, steps and sabotage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from evidence.engine.mistakes import Mistake, Mistakes, did_you_mean
from evidence.engine.project import Project
from evidence.engine.register.hunks import stale
from evidence.engine.register.model import Claim, Link, Patch, Register
from evidence.engine.register.reading import DEMO, GATES, REQUIREMENTS, survey_register
from evidence.engine.source.links import LinkDead, resolve_path, resolve_symbol, resolve_test
from evidence.engine.source.model import Symbol
from evidence.engine.source.nearby import forget_files
from evidence.engine.source.shared import not_shared


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
    found = _dead_by_claim(project, register, _known(register, unread))
    dead = [dead for links in found.values() for dead in links]
    return tuple(sorted([*dead, *_stale_controls(project, register)]))


def dead_links(project: Project, register: Register) -> dict[Claim, tuple[Mistake, ...]]:
    """The dead links of each claim."""
    return _dead_by_claim(project, register, _known(register, frozenset()))


def _dead_by_claim(
    project: Project, register: Register, known: _Known
) -> dict[Claim, tuple[Mistake, ...]]:
    """Links that lead nowhere, and those that lead to what nobody else has."""
    found, alive = {}, {}
    for claim in register.claims:
        alive[claim], dead = _follow(project, claim)
        found[claim] = [*dead, *_dead_ids(project, claim, known)]
    own = not_shared(project, {link.path for links in alive.values() for link in links})
    return {
        claim: tuple(sorted([*found[claim], *_not_shared(claim, alive[claim], own)]))
        for claim in register.claims
    }


@dataclass(frozen=True)
class _Known:
    """Ids that may be cited; None where the file that lists them could not be read."""

    gates: frozenset[str] | None
    requirements: frozenset[str] | None
    patches: Mapping[str, Patch]
    steps: frozenset[str] | None


def _known(register: Register, unread: frozenset[str]) -> _Known:
    gates = frozenset(gate.id for gate in register.gates)
    requirements = frozenset(requirement.id for requirement in register.requirements)
    steps = frozenset(step.id for step in register.demo.steps) if register.demo else frozenset()
    return _Known(
        gates=None if GATES in unread else gates,
        requirements=None if REQUIREMENTS in unread else requirements,
        patches={patch.name: patch for patch in register.patches},
        steps=None if DEMO in unread else steps,
    )


def _follow(project: Project, claim: Claim) -> tuple[list[Link], list[Mistake]]:
    """Links into files: those that lead somewhere, and the mistakes of the others."""
    cited: tuple[tuple[tuple[Link, ...], Callable[[Path, Link], object]], ...] = (
        (claim.code, resolve_symbol),
        (claim.tests, resolve_test),
        (claim.pages, resolve_path),
    )
    alive: dict[Link, object] = {}
    dead = []
    for links, resolve in cited:
        for link in links:
            try:
                alive[link] = resolve(project.root, link)
            except LinkDead as error:
                dead.append(_dead(claim, link, str(error)))
    return list(alive), [*dead, *_tests_as_code(claim, alive)]


def _tests_as_code(claim: Claim, alive: Mapping[Link, object]) -> Iterator[Mistake]:
    """A test runs its own lines, so as cited code it would seem executed whatever it does."""
    tests = [alive[link] for link in claim.tests if link in alive]
    for link in claim.code:
        symbol = alive.get(link)
        if isinstance(symbol, Symbol) and any(symbol.shares_lines_with(test) for test in tests):
            text = f"{link.text}: found the claim's own test, expected the code that it tests"
            yield _dead(claim, link, f"{text}; cite that")


def _not_shared(claim: Claim, links: Iterable[Link], own: Mapping[str, str]) -> Iterator[Mistake]:
    for link in links:
        if link.path in own:
            yield _dead(claim, link, f"{link.text}: {own[link.path]}")


def _dead_ids(project: Project, claim: Claim, known: _Known) -> Iterator[Mistake]:
    yield from _unknown(claim, claim.gates, known.gates, GATES)
    yield from _unknown(claim, claim.requirements, known.requirements, REQUIREMENTS)
    yield from _unknown(claim, (claim.demo,) if claim.demo else (), known.steps, DEMO)
    yield from _lost_patches(project, claim, known.patches)


def _unknown(
    claim: Claim, links: Iterable[Link], known: frozenset[str] | None, file: str
) -> Iterator[Mistake]:
    for link in links if known is not None else ():
        if link.text not in (known or ()):
            hint = did_you_mean(link.text, sorted(known or ())) or "; add it there"
            yield _dead(claim, link, f"{link.text}: not found in {file}{hint}")


def _lost_patches(
    project: Project, claim: Claim, known_patches: Mapping[str, Patch]
) -> Iterator[Mistake]:
    folder = project.register / "sabotage"
    for link in claim.sabotage:
        if not (folder / f"{link.text}.patch").is_file():
            file = f"{folder.relative_to(project.root).as_posix()}/{link.text}.patch"
            known = sorted(path.stem for path in folder.glob("*.patch"))
            hint = did_you_mean(link.text, known) or "; write it"
            yield _dead(claim, link, f"{link.text}: {file} not found{hint}")
        elif (patch := known_patches.get(link.text)) and (why := stale(patch.joined, project.root)):
            yield _dead(claim, link, f"{link.text}: {_no_longer(why)}")


def _stale_controls(project: Project, register: Register) -> Iterator[Mistake]:
    for patch in register.patches:
        if patch.is_control and (why := stale(patch.joined, project.root)):
            text = f"{patch.breaks} control {patch.name}: {_no_longer(why)}"
            yield Mistake(patch.place, text, fatal=False)


def _no_longer(why: str) -> str:
    return f"{why}, so the patch no longer applies; make it anew with `git diff`"


def _dead(claim: Claim, link: Link, text: str) -> Mistake:
    return Mistake(link.place, f"{claim.id} cites {text}", fatal=False)
