"""Whether patches and what they break name each other: a patch that nobody runs proves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from evidence.engine.mistakes import Mistake, did_you_mean
from evidence.engine.register.model import Claim, Link, Patch, Register

_FOLDERS_OF_TESTS = frozenset({"test", "tests"})
_NAMES_OF_TESTS = re.compile(r"(test_.*|.*_test|tests|conftest)\.py")


def unbound_patches(register: Register, *, complete: bool) -> Iterator[Mistake]:
    """Patches that nobody names, or that another names than they say; controls that are not there.

    `complete` is False when some file could not be read, so that who names a patch is unknown.
    """
    claims = {claim.id: claim for claim in register.claims}
    named = _named(register)
    places = _places_of_tests(register)
    for patch in register.patches if complete else ():
        if patch.breaks:
            yield from _wrongly_bound(patch, claims, register, named)
        if patch.breaks in claims and not patch.is_control:
            yield from _breaking_tests(patch, claims[patch.breaks], places)
    known = {patch.name: patch for patch in register.patches}
    for gate in register.gates:
        if gate.control and gate.control.text not in known:
            hint = did_you_mean(gate.control.text, list(known)) or "; write it"
            yield Mistake(
                gate.control.place,
                f"{gate.id} control: sabotage/{gate.control.text}.patch not found{hint}",
            )


def _named(register: Register) -> dict[str, dict[str, Link]]:
    """Who names each patch: the patch's name, then `claim REF-02` or `gate ruff`, and where."""
    named: dict[str, dict[str, Link]] = {}
    for claim in register.claims:
        for link in claim.sabotage:
            named.setdefault(link.text, {})[f"claim {claim.id}"] = link
    for gate in register.gates:
        if gate.control:
            named.setdefault(gate.control.text, {})[f"gate {gate.id}"] = gate.control
    return named


def _wrongly_bound(
    patch: Patch,
    claims: dict[str, Claim],
    register: Register,
    named: dict[str, dict[str, Link]],
) -> Iterator[Mistake]:
    owner = f"{'gate' if patch.is_control else 'claim'} {patch.breaks}"
    ids = [gate.id for gate in register.gates] if patch.is_control else list(claims)
    by = named.get(patch.name, {})
    if patch.breaks not in ids:
        known = "gates.yml" if patch.is_control else "claims/"
        hint = did_you_mean(patch.breaks, ids) or "; name one that is there"
        yield Mistake(patch.place, f"breaks {patch.breaks}: not found in {known}{hint}")
    elif owner not in by:
        key = f"`control: {patch.name}`" if patch.is_control else f"`sabotage: [{patch.name}]`"
        yield Mistake(
            patch.place,
            f"breaks {owner}, which does not name it, so nothing would run it; add {key} there, "
            "or delete the patch",
        )
    for other, link in by.items():
        if other != owner:
            yield Mistake(
                link.place,
                f"{other} names {patch.name}, which says at {patch.place} that it breaks {owner}; "
                "expected one owner; write a patch of its own",
            )
    if patch.breaks in claims and not patch.is_control:
        yield from _uncited(patch, claims[patch.breaks])


def _uncited(patch: Patch, claim: Claim) -> Iterator[Mistake]:
    tests = [link.text for link in claim.tests]
    if not tests:
        yield Mistake(
            patch.place,
            f"breaks {claim.id}, which cites no test that could catch it; cite one, or make this "
            "the control of a gate that the claim rests on",
        )
    for link in patch.caught_by:
        if tests and link.text not in tests:
            hint = did_you_mean(link.text, tests) or "; name one that it cites"
            yield Mistake(
                link.place, f"caught-by {link.text}: not among the tests of {claim.id}{hint}"
            )


def _breaking_tests(patch: Patch, claim: Claim, places: frozenset[str]) -> Iterator[Mistake]:
    """A test that fails because it was broken itself was not seen to notice anything."""
    tests = {_plain(link.path) for link in claim.tests}
    code = {_plain(link.path) for link in claim.code}
    for path in map(_plain, patch.touches):
        if path in tests:
            yield Mistake(
                patch.place,
                f"touches {path}, where tests that {claim.id} cites stand; a broken test shows "
                "nothing of the code: break what it tests",
            )
        elif _is_of_tests(path, places) and path not in code:
            yield Mistake(
                patch.place,
                f"touches {path}, a test or a test's helper, which shows nothing of the code: "
                f"break what is tested, or cite the file under `code` if {claim.id} is about it",
            )


def _is_of_tests(path: str, places: frozenset[str]) -> bool:
    """True in a folder of tests, and of a file that pytest or Django takes for tests."""
    *folders, name = path.split("/")
    return (
        not _FOLDERS_OF_TESTS.isdisjoint(folders)
        or _NAMES_OF_TESTS.fullmatch(name) is not None
        or any(_is_in(path, place) for place in places)
    )


def _places_of_tests(register: Register) -> frozenset[str]:
    """Where gates have pytest look for tests, but for where anybody cites code: there these stand
    side by side."""
    code = {_plain(link.path) for claim in register.claims for link in claim.code}
    given = {_plain(word.partition("::")[0]) for gate in register.gates for word in gate.places}
    return frozenset(place for place in given if not any(_is_in(path, place) for path in code))


def _is_in(path: str, place: str) -> bool:
    return PurePosixPath(path).is_relative_to(place)


def _plain(path: str) -> str:
    """Without what git and Python pass over in a path, such as a second slash."""
    return str(PurePosixPath(path))
