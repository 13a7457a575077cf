"""The patches under sabotage/: each breaks one promise on purpose, and says which.

A head of `key: value` lines, then a diff as `git diff` writes it. Nothing is applied here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from evidence.engine.document.text import read_text
from evidence.engine.mistakes import Mistake, Mistakes, Place, did_you_mean
from evidence.engine.project import Project
from evidence.engine.register.hunks import leaves, path_of, unquoted
from evidence.engine.register.model import Link, Patch

FOLDER = "sabotage"
ENDING = ".patch"
_KEYS = ("breaks", "says", "caught-by", "expect", "narrow", "seam")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_FIRST_OF_DIFF = ("diff --git ", "--- ")
_GATE = "gate "


def read_patches(project: Project) -> tuple[tuple[Patch, ...], tuple[Mistake, ...]]:
    """Every patch that could be read, by name, and what is wrong in how they are written."""
    folder = project.register / FOLDER
    found: list[Patch] = []
    wrong: list[Mistake] = []
    for path in _files(folder, project, wrong):
        file = path.relative_to(project.root).as_posix()
        try:
            text = read_text(path, file=file, root=project.root)
        except Mistakes as unreadable:
            wrong.extend(unreadable.found)
            continue
        head, diff, first, mistakes = _split(text, file)
        patch = _patch(path, file, head, diff)
        wrong.extend([*mistakes, *_ill_formed(patch, head, first)])
        found.append(patch)
    return tuple(found), tuple(wrong)


def _files(folder: Path, project: Project, wrong: list[Mistake]) -> list[Path]:
    try:
        found = sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        place = Place(folder.relative_to(project.root).as_posix())
        text = f"could not be read ({error.strerror}); check its permissions"
        wrong.append(Mistake(place, text))
        return []
    return [path for path in found if path.name.endswith(ENDING)]


def touched(diff: str) -> tuple[str, ...]:
    """Paths that a diff changes, makes or deletes, each once, in the order of their lines."""
    paths = [path_of(line[4:]) for line in diff.splitlines() if line[:4] in ("--- ", "+++ ")]
    for line in diff.splitlines():
        if line.startswith(("rename to ", "rename from ")):
            paths.append(unquoted(line.partition(" ")[2].partition(" ")[2]))
    return tuple(dict.fromkeys(path for path in paths if path))


def _split(text: str, file: str) -> tuple[dict[str, tuple[str, int]], str, int, list[Mistake]]:
    """The head's values with their lines, the diff, its first line, and wrong lines of the head."""
    head: dict[str, tuple[str, int]] = {}
    wrong: list[Mistake] = []
    lines = text.splitlines(keepends=True)
    key = ""
    for number, line in enumerate(lines, start=1):
        if line.startswith(_FIRST_OF_DIFF):
            return head, "".join(lines[number - 1 :]), number, wrong
        if line[:1].isspace() and line.strip() and key:
            value, at = head[key]
            head[key] = (f"{value} {line.strip()}", at)
        elif line.strip():
            key, _, value = (part.strip() for part in line.partition(":"))
            if key not in _KEYS:
                text_of = f'found "{key}", expected one of {", ".join(_KEYS)} before the diff'
                wrong.append(Mistake(Place(file, number), text_of + did_you_mean(key, _KEYS)))
            head[key] = (value, number)
    return head, "", len(lines), wrong


def _patch(path: Path, file: str, head: Mapping[str, tuple[str, int]], diff: str) -> Patch:
    breaks = _value(head, "breaks")
    return Patch(
        name=path.name.removesuffix(ENDING),
        place=Place(file, head.get("breaks", ("", 1))[1]),
        breaks=breaks.removeprefix(_GATE).strip(),
        is_control=breaks.startswith(_GATE),
        says=_value(head, "says"),
        caught_by=tuple(
            Link(text, Place(file, head["caught-by"][1]))
            for text in _value(head, "caught-by").split()
        ),
        expect=_without(_value(head, "expect"), _value(head, "seam")),
        narrow=tuple(_value(head, "narrow").split()),
        diff=diff,
        seam=_value(head, "seam"),
        touches=touched(_without(diff, _value(head, "seam"))),
    )


def _value(head: Mapping[str, tuple[str, int]], key: str) -> str:
    return head.get(key, ("", 1))[0]


def _without(text: str, seam: str) -> str:
    return text.replace(seam, "") if seam else text


def _ill_formed(patch: Patch, head: Mapping[str, tuple[str, int]], first: int) -> Iterator[Mistake]:
    file = patch.place.file
    if not _NAME.fullmatch(patch.name):
        text = f'found the name "{patch.name}", expected small letters, digits and hyphens'
        yield Mistake(Place(file), f"{text}; rename the file")
    if not patch.breaks:
        text = "breaks: found none, expected the claim or gate that this breaks"
        yield Mistake(Place(file), f"{text}; add `breaks: REF-02` or `breaks: gate ruff`")
    if not patch.says:
        text = "says: found none, expected one sentence about what is broken; add it"
        yield Mistake(Place(file), text)
    yield from _wrong_keys(patch, head)
    if not _changes(patch.diff):
        text = "touches nothing: found no line that it adds or takes away, expected a diff"
        yield Mistake(Place(file, first), f"{text}; write one with `git diff`, or delete the file")
    yield from _leaving(patch, first)


def _wrong_keys(patch: Patch, head: Mapping[str, tuple[str, int]]) -> Iterator[Mistake]:
    """A claim is caught by its tests, a gate by what its log says."""
    file = patch.place.file
    if patch.is_control and not patch.expect:
        text = "expect: found none, expected words of the gate's log that only this breakage brings"
        yield Mistake(patch.place, f"{text}; add them, so that red for another reason is no proof")
    if set(patch.seam) & set("+-@ \t") or len(patch.seam) == 1:
        text = f'seam: found "{patch.seam}", expected two signs or more that no diff begins with'
        yield Mistake(Place(file, head["seam"][1]), f"{text}, such as ~~; change it")
    for key in ("caught-by",) if patch.is_control else ("expect", "narrow"):
        if key in head:
            whose = "a claim" if patch.is_control else "a gate"
            yield Mistake(
                Place(file, head[key][1]),
                f"{key}: found in a patch that does not break {whose}, expected none; delete it",
            )


def _changes(diff: str) -> bool:
    is_text = any(
        line.startswith(("+", "-")) and not line.startswith(("+++ ", "--- "))
        for line in diff.splitlines()
    )
    return is_text or "\nrename to " in diff or "\nnew mode " in diff


def _leaving(patch: Patch, first: int) -> Iterator[Mistake]:
    for number, line in enumerate(patch.joined.splitlines(), start=first):
        if line[:4] in ("--- ", "+++ ") and leaves(path := path_of(line[4:])):
            place = Place(patch.place.file, number)
            yield Mistake(place, f"{path}: found a path that leaves the project; mend it")
