"""Waivers that no longer waive anything: the code they speak of is another, or gone."""

from __future__ import annotations

from collections.abc import Iterator

from evidence.engine.falsify.listing import mutants_of_link
from evidence.engine.falsify.mutants import Mutant
from evidence.engine.mistakes import Mistake, did_you_mean
from evidence.engine.project import Project
from evidence.engine.register.model import Link, Register, Waiver


def lapsed(project: Project, register: Register) -> tuple[Mistake, ...]:
    """Each with its place and the next step; such a waiver is as if nobody had written it."""
    return tuple(found for waiver in register.waivers for found in _lapsed(project, waiver))


def _lapsed(project: Project, waiver: Waiver) -> Iterator[Mistake]:
    mutants = [
        mutant
        for mutant in mutants_of_link(project, Link(waiver.symbol, waiver.place))
        if f"{mutant.path}::{mutant.unit}" == waiver.symbol
    ]
    if said := _why(waiver, mutants):
        yield Mistake(waiver.place, f"waiver of {waiver.symbol}: {said}")


def _why(waiver: Waiver, mutants: list[Mutant]) -> str:
    if not mutants:
        return "found no such function with a mutant, expected one; remove it or mend the name"
    digest = mutants[0].symbol
    if not digest.startswith(waiver.sha256):
        return (
            f"found the digest {digest[: len(waiver.sha256)]}, expected {waiver.sha256}: its code "
            "changed; look at it again, then write the new digest or remove the waiver"
        )
    if waiver.operator and waiver.operator not in {mutant.operator for mutant in mutants}:
        return f"found no mutant of the kind {waiver.operator}, expected one; remove it"
    ids = [mutant.id for mutant in mutants]
    if waiver.mutant and waiver.mutant not in ids:
        hint = did_you_mean(waiver.mutant, ids) or "; `mutants CLAIM` lists them"
        return f"mutant {waiver.mutant} not found in it{hint}"
    return ""
