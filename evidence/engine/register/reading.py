"""The register read whole, or every mistake of every file at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from evidence.engine.document.model import Document, Reading
from evidence.engine.document.schema import mistakes_in
from evidence.engine.document.text import read_text
from evidence.engine.document.yaml_file import read_yaml
from evidence.engine.mistakes import Mistake, Mistakes, Place
from evidence.engine.project import Project
from evidence.engine.register.agreement import disagreements, lacking_of_nothing
from evidence.engine.register.build import (
    area_of,
    demo_of,
    gates_of,
    out_of_scope_of,
    public_claims_of,
    requirements_of,
    waivers_of,
)
from evidence.engine.register.model import Register
from evidence.engine.register.patches import read_patches
from evidence.engine.register.sabotage import unbound_patches

GATES = "gates.yml"
REQUIREMENTS = "requirements.yml"
SCOPE = "scope.yml"
DEMO = "demo.yml"
WAIVERS = "waivers.yml"
PUBLIC = "public_claims.yml"
_PACKAGE = "evidence.engine.register"


@dataclass(frozen=True)
class Survey:
    """A register as far as it could be read, and everything that is wrong in how it is written.

    `unread` names the files, such as gates.yml, whose content is unknown: links into them can be
    called neither alive nor dead.
    """

    register: Register
    mistakes: tuple[Mistake, ...]
    unread: frozenset[str]


def read_register(project: Project) -> Register:
    """Everything people wrote under the project's register folder, in file and line order.

    claims/*.yml and gates.yml are needed, the other files may be absent. Raises Mistakes with
    every structural mistake of all files; dead links are not looked for here.
    """
    survey = survey_register(project)
    if survey.mistakes:
        raise Mistakes(survey.mistakes)
    return survey.register


def survey_register(project: Project) -> Survey:
    """The same, but what is wrong is returned beside what could be read."""
    reader = _Reader(project)
    areas = tuple(area_of(document) for document in reader.claims())
    gates = reader.one(GATES, "gates.json", needed=True)
    requirements = reader.one(REQUIREMENTS, "requirements.json")
    scope = reader.one(SCOPE, "scope.json")
    demo = reader.one(DEMO, "demo.json")
    waivers = reader.one(WAIVERS, "waivers.json")
    public = reader.one(PUBLIC, "public_claims.json")
    patches, ill_formed = read_patches(project)
    register = Register(
        areas=areas,
        gates=gates_of(gates) if gates else (),
        requirements=requirements_of(requirements) if requirements else (),
        out_of_scope=out_of_scope_of(scope) if scope else (),
        demo=demo_of(demo) if demo else None,
        patches=patches,
        waivers=waivers_of(waivers) if waivers else (),
        public=public_claims_of(public) if public else (),
    )
    mistakes = (
        *reader.mistakes,
        *ill_formed,
        *disagreements(register, project),
        *unbound_patches(register, complete=not reader.mistakes),
        *(lacking_of_nothing(requirements, register) if requirements else ()),
    )
    broken = {PurePosixPath(mistake.place.file).name for mistake in reader.mistakes}
    held = {GATES: register.gates, REQUIREMENTS: register.requirements, DEMO: register.demo}
    unread = frozenset(name for name, what in held.items() if name in broken and not what)
    return Survey(register, tuple(sorted(set(mistakes))), unread)


class _Reader:
    """Reads files one after another and keeps what is wrong in them."""

    def __init__(self, project: Project) -> None:
        self.mistakes: list[Mistake] = []
        self._project = project

    def claims(self) -> Iterator[Document]:
        """The area files that could be read."""
        folder = self._project.register / "claims"
        why = _why_unreadable(folder)
        files = [] if why else sorted(folder.glob("*.yml"))
        if not files:
            text = "found no claims, expected a file such as claims/area.yml; write the first one"
            self.mistakes.append(Mistake(Place(self._name(folder)), why or text))
        if not why:
            self.mistakes.extend(_overlooked(folder, self._name(folder)))
        for path in files:
            document = self._read(path, "claims.json")
            if document:
                yield document

    def one(self, name: str, schema: str, *, needed: bool = False) -> Document | None:
        path = self._project.register / name
        if not needed and not os.path.lexists(path):
            return None
        return self._read(path, schema)

    def _read(self, path: Path, schema: str) -> Document | None:
        """The file as a document, or None when it cannot be read; its mistakes are kept."""
        file = self._name(path)
        try:
            reading = read_yaml(read_text(path, file=file, root=self._project.root), file=file)
        except Mistakes as unreadable:
            reading = Reading(None, unreadable.found)
        self.mistakes.extend(reading.mistakes)
        if reading.document is None:
            return None
        self.mistakes.extend(
            mistakes_in(reading.document, package=_PACKAGE, schema=f"schema/{schema}")
        )
        return reading.document

    def _name(self, path: Path) -> str:
        return path.relative_to(self._project.root).as_posix()


def _why_unreadable(folder: Path) -> str:
    """Nothing when the folder can be read or is not there."""
    try:
        next(folder.iterdir(), None)
    except NotADirectoryError:
        return "found a file, expected a folder of files such as claims/area.yml; make it one"
    except PermissionError as error:
        return f"could not be read ({error.strerror}); check its permissions"
    except FileNotFoundError:
        pass
    return ""


def _overlooked(folder: Path, name: str) -> Iterator[Mistake]:
    """Files that somebody may believe to be read: a claim that nobody reads is not a claim."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in (".yml", ".yaml"):
            continue
        file = f"{name}/{path.relative_to(folder).as_posix()}"
        if path.suffix != ".yml":
            yield Mistake(
                Place(file), f"found the ending {path.suffix}, expected .yml; rename the file"
            )
        elif path.parent != folder:
            yield Mistake(
                Place(file),
                f"found in a folder of its own, expected in {name}; move the file there",
            )
