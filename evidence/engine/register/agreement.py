"""What one file cannot show: that the files of a register, each well formed, agree."""

from __future__ import annotations

import difflib
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Protocol

from evidence.engine.document.model import Document
from evidence.engine.mistakes import Mistake, Place, did_you_mean
from evidence.engine.project import Project
from evidence.engine.register.model import Gate, Register

_FILE_NAME = re.compile(r"(?!index\b)[A-Za-z0-9][A-Za-z0-9._-]*", re.IGNORECASE)
PLACEHOLDERS = ("python", "out", "root", "cores", "commit")
_NAMED = 3
_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")


class _HasId(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def place(self) -> Place: ...


def disagreements(register: Register, project: Project) -> tuple[Mistake, ...]:
    """Ids used twice, areas named twice, claims that are also out of scope, unknown services."""
    return (
        *_repeated("claim", register.claims),
        *_repeated("gate", register.gates),
        *_repeated("requirement", register.requirements),
        *_repeated("out-of-scope", register.out_of_scope),
        *_repeated("demo step", register.demo.steps if register.demo else ()),
        *_repeated_areas(register),
        *_badly_named_files(register),
        *_claimed_and_out_of_scope(register),
        *_unknown_services(register, project),
        *_mistyped_placeholders(register),
        *_demo_by_no_gate(register),
        *_said_nowhere(register, project),
        *_resting_on_nothing(register),
        *_bad_patterns(register),
    )


def lacking_of_nothing(document: Document, register: Register) -> tuple[Mistake, ...]:
    """What `lacks` says of ids that are no requirement, so that no gap is noted in vain."""
    known = [asked.id for asked in register.requirements]
    lacks = document.data.get("lacks") if isinstance(document.data, dict) else None
    return tuple(
        Mistake(
            Place(document.file, document.key_line(("lacks", id_))),
            f"lacks {id_}: no such requirement, expected an id of this file"
            f"{did_you_mean(id_, known)}",
        )
        for id_ in (lacks if isinstance(lacks, dict) else ())
        if id_ not in known
    )


def _repeated(noun: str, entries: Iterable[_HasId]) -> Iterator[Mistake]:
    places: defaultdict[str, list[Place]] = defaultdict(list)
    for entry in entries:
        if entry.id:
            places[entry.id].append(entry.place)
    for id_, found in places.items():
        for place in found if len(found) > 1 else ():
            others = _listed(str(other) for other in found if other != place)
            text = f"{id_}: found the same {noun} id at {others}, expected it once; rename one"
            yield Mistake(place, text)


def _listed(others: Iterable[str]) -> str:
    """All of a few; of many the first, so that a thousand copies do not name each other."""
    first = list(islice(others, _NAMED + 1))
    return " and ".join(first) if len(first) <= _NAMED else f"{first[0]} and elsewhere"


def _repeated_areas(register: Register) -> Iterator[Mistake]:
    files: defaultdict[str, list[str]] = defaultdict(list)
    for area in register.areas:
        if area.name:
            files[area.name].append(area.file)
    for name, found in files.items():
        for file in found if len(found) > 1 else ():
            others = _listed(other for other in found if other != file)
            yield Mistake(
                Place(file),
                f'area: found "{name}" in {others} too, expected one file an area; '
                "rename one or join them",
            )


def _badly_named_files(register: Register) -> Iterator[Mistake]:
    """The file's name is its page's address, on systems that do not tell A from a as well."""
    seen: dict[str, str] = {}
    for area in register.areas:
        if not _FILE_NAME.fullmatch(area.slug):
            yield Mistake(
                Place(area.file),
                f'found the file name "{area.slug}.yml", expected letters, digits, hyphens and '
                "underscores, for it names a page; rename the file",
            )
        elif area.slug.lower() in seen:
            other = seen[area.slug.lower()]
            yield Mistake(
                Place(area.file),
                f"found a file whose name differs from {other} only in capitals; rename one",
            )
        seen.setdefault(area.slug.lower(), area.file)


def _claimed_and_out_of_scope(register: Register) -> Iterator[Mistake]:
    claimed = {claim.id: claim for claim in register.claims}
    for entry in register.out_of_scope:
        if entry.id in claimed:
            yield Mistake(
                entry.place,
                f"{entry.id}: found out of scope here and claimed at {claimed[entry.id].place}, "
                "expected one of the two; remove the other",
            )


def _unknown_services(register: Register, project: Project) -> Iterator[Mistake]:
    known = [service.name for service in project.services]
    for gate in register.gates:
        for name in gate.services:
            if name not in known:
                listed = ", ".join(known) or "none there"
                hint = did_you_mean(name, known) or f" ({listed})"
                yield Mistake(
                    gate.place,
                    f'{gate.id} services: unknown service "{name}", expected one of '
                    f"[tool.evidence.services]{hint}",
                )


def _demo_by_no_gate(register: Register) -> Iterator[Mistake]:
    """A demo that no gate walks could never show a step."""
    demo, known = register.demo, [gate.id for gate in register.gates]
    if demo and demo.gate.text and known and demo.gate.text not in known:
        hint = did_you_mean(demo.gate.text, known) or f" ({', '.join(known)})"
        text = f'gate: unknown gate "{demo.gate.text}", expected one of gates.yml{hint}'
        yield Mistake(demo.gate.place, text)


def _said_nowhere(register: Register, project: Project) -> Iterator[Mistake]:
    """A sentence of a file has to stand there, word by word, or the claim speaks of another."""
    files = {where: project.root / where for where in {each.where for each in register.public}}
    texts = {
        where: _words(file.read_text("utf-8", errors="replace"))
        for where, file in files.items()
        if os.path.isfile(file)  # noqa: PTH113 - words may be too long for a file's name
    }
    for said in register.public:
        text = texts.get(said.where)
        if text is not None and _words(said.says) not in text:
            told = f'"{said.says}": not found in {said.where}, expected word by word'
            yield Mistake(said.place, f"{told}; quote it as it stands there, or take it out here")


def _words(text: str) -> str:
    """Its words alone, without line ends and Markdown's signs for bold, code and quotations."""
    return " ".join(re.sub(r"^[ \t]*>|[*`_]", "", text, flags=re.MULTILINE).split())


def _resting_on_nothing(register: Register) -> Iterator[Mistake]:
    known = [claim.id for claim in register.claims]
    for said in register.public:
        for link in said.claims:
            if link.text not in known:
                hint = did_you_mean(link.text, known) or "; name one of claims/"
                yield Mistake(link.place, f"public claim rests on {link.text}: no such claim{hint}")


def _mistyped_placeholders(register: Register) -> Iterator[Mistake]:
    """Only near misses: an argument may hold braces of its own, such as a line of code."""
    for gate in register.gates:
        for word in _placeholders(gate):
            near = difflib.get_close_matches(word, PLACEHOLDERS, n=1, cutoff=0.7)
            if near and word not in PLACEHOLDERS:
                yield Mistake(
                    gate.place,
                    f"{gate.id}: unknown placeholder {{{word}}}, expected a known one; "
                    f"did you mean {{{near[0]}}}?",
                )


def _bad_patterns(register: Register) -> Iterator[Mistake]:
    for gate in register.gates:
        for name, pattern in gate.varies:
            try:
                is_empty = re.compile(pattern).match("") is not None
            except re.error as error:
                text = f"a regular expression ({error.msg} at character {(error.pos or 0) + 1})"
            else:
                text = "a regular expression that finds something, for this one matches nothing"
                if not is_empty:
                    continue
            yield Mistake(
                gate.place, f'{gate.id} varies {name}: found "{pattern}", expected {text}; mend it'
            )


def _placeholders(gate: Gate) -> Sequence[str]:
    written = (*gate.run, *(gate.pytest or ()), *(value for _, value in gate.env))
    return [word for text in written for word in _PLACEHOLDER.findall(text)]
