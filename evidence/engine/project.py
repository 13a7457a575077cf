"""Which repository the engine is pointed at, and how: its `[tool.evidence]` table."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evidence.engine.document.schema import mistakes_in
from evidence.engine.document.text import read_text
from evidence.engine.document.toml_file import TomlTable, parse_toml, toml_table
from evidence.engine.mistakes import CannotRun, Mistake, Mistakes, Place

PYPROJECT = "pyproject.toml"
_DEFAULTS = {"build": "build", "work": ".local/evidence"}
SECRET_NAMES = ("*SECRET*", "*TOKEN*", "*PASSWORD*", "*_KEY")


@dataclass(frozen=True)
class Service:
    """Something gates need running, such as a database server.

    `start` prints one line of JSON, an object of environment variables, when the service is
    ready; it stops when its standard input closes or on TERM. `version` prints what results depend
    on, such as the version of a database.
    """

    name: str
    start: tuple[str, ...]
    timeout_s: float = 60.0
    version: tuple[str, ...] = ()


@dataclass(frozen=True)
class Project:
    """A repository with a register. All folders are absolute; names come from `[tool.evidence]`.

    `python` runs the gates, `facts` is the argv that prints the facts as one JSON object.
    `pass_env` lists the only variables of the caller that gates see besides PATH, HOME, LANG
    and the like; `secret_names` are fnmatch patterns of variables whose values are redacted,
    `secret_patterns` are regular expressions of secrets by shape. `share` are ignored folders,
    such as installed tools, that copies of the project use as they are. `signing_key` is a key
    file of ssh, absolute or below the root. `mutants_per_claim` is how many mutants of a claim an
    ordinary build tries, 0 for all; a claim of at most `mutants_whole` is tried whole. With
    `mutants_on_demand` an ordinary build tries none; only one that is told to try all does.
    """

    root: Path
    name: str
    version: str
    register: Path
    build: Path
    work: Path
    pages: Path | None = None
    mkdocs: Path | None = None
    repository: str = ""
    signing_key: str = ""
    python: str = ""
    cores: int = 0
    mutants_per_claim: int = 0
    mutants_whole: int = 0
    mutants_on_demand: bool = False
    facts: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    pass_env: tuple[str, ...] = ()
    share: tuple[str, ...] = ()
    secret_names: tuple[str, ...] = ()
    secret_patterns: tuple[str, ...] = field(default=())

    @property
    def store(self) -> Path:
        """The folder beside `build` in which whole builds lie."""
        return self.build.with_name(f".{self.build.name}")

    @property
    def output(self) -> tuple[Path, ...]:
        """Everything that the engine writes."""
        return (self.build, self.store, self.work)


def find_root(start: Path) -> Path:
    """The nearest folder, from `start` upwards, whose pyproject.toml has a [tool.evidence] table.

    Without one, the nearest with any pyproject.toml, so that loading it can say what it lacks.
    Raises CannotRun when there is none at all.
    """
    folder = start.resolve()
    try:
        if not folder.is_dir():
            raise CannotRun(f"{start}: not a folder; give --project the folder of a pyproject.toml")
        with_file = [step for step in (folder, *folder.parents) if (step / PYPROJECT).is_file()]
    except OSError as error:
        raise CannotRun(
            f"{start}: cannot be read ({error.strerror}); check its permissions"
        ) from error
    for step in with_file:
        if _may_be_ours(step / PYPROJECT):
            return step
    if not with_file:
        raise CannotRun(
            f"{start}: no {PYPROJECT} here or above; run this in a project's folder, give "
            f"--project DIR, or write a {PYPROJECT} with a [tool.evidence] table and a name in it"
        )
    return with_file[0]


def _may_be_ours(pyproject: Path) -> bool:
    """Also when it cannot be read: loading it says so."""
    try:
        return b"tool.evidence" in pyproject.read_bytes()
    except OSError:
        return True


def load_project(root: Path) -> Project:
    """The project in `root`, defaults filled in. Raises Mistakes with all that is wrong at once.

    Folders it names lie inside the root; `pages` and `mkdocs`, when named, exist.
    """
    root = root.resolve()
    text = read_text(root / PYPROJECT, file=PYPROJECT)
    whole = parse_toml(text, file=PYPROJECT)
    table = toml_table(whole, text, "tool", "evidence", file=PYPROJECT)
    if table is None:
        text = "found no [tool.evidence] table, expected one; add the line [tool.evidence]"
        raise Mistakes([Mistake(Place(PYPROJECT), text)])
    found = mistakes_in(table, package="evidence.engine", schema="project.json")
    if found:
        raise Mistakes(found)
    about = whole.get("project")
    project = _project(root, table.data, about if isinstance(about, dict) else {})
    found = (*_unnamed(project, table), *_lost_folders(project, table), *_bad_patterns(table))
    if found:
        raise Mistakes(found)
    return project


def _project(root: Path, table: dict[str, Any], about: dict[str, Any]) -> Project:
    redact = table.get("redact", {})
    return Project(
        root=root,
        name=str(table.get("name", about.get("name", ""))),
        version=str(table.get("version", about.get("version", "0"))),
        register=root / table.get("register", "evidence"),
        build=root / table.get("build", _DEFAULTS["build"]),
        work=root / table.get("work", _DEFAULTS["work"]),
        pages=root / table["pages"] if "pages" in table else None,
        mkdocs=root / table["mkdocs"] if "mkdocs" in table else None,
        repository=table.get("repository", "").rstrip("/").removesuffix(".git"),
        signing_key=table.get("signing_key", ""),
        python=table.get("python", sys.executable),
        cores=table.get("cores", 0),
        mutants_per_claim=table.get("mutants_per_claim", 0),
        mutants_whole=table.get("mutants_whole", 0),
        mutants_on_demand=table.get("mutants_on_demand", False),
        facts=tuple(table.get("facts", ())),
        services=tuple(
            Service(
                name,
                tuple(service["start"]),
                float(service.get("timeout_s", 60)),
                tuple(service.get("version", ())),
            )
            for name, service in table.get("services", {}).items()
        ),
        env=tuple(table.get("env", {}).items()),
        pass_env=tuple(table.get("pass_env", ())),
        share=tuple(table.get("share", ())),
        secret_names=tuple(redact.get("names", SECRET_NAMES)),
        secret_patterns=tuple(redact.get("patterns", ())),
    )


def _unnamed(project: Project, table: TomlTable) -> Iterator[Mistake]:
    if not project.name.strip():
        yield Mistake(
            Place(PYPROJECT, table.line(())),
            'name: found none here and none under [project], expected one; add name = "…"',
        )


def _lost_folders(project: Project, table: TomlTable) -> Iterator[Mistake]:
    """Paths that leave the root, that are missing, or that publishing would overwrite."""
    paths = {key: getattr(project, key) for key in ("register", "build", "work", "pages", "mkdocs")}
    for key, path in paths.items():
        place = Place(PYPROJECT, table.line((key,)))
        written = table.data.get(key, "")
        if path is None:
            continue
        if not path.resolve().is_relative_to(project.root) or ".." in path.parts:
            yield Mistake(
                place, f'{key}: found "{written}", expected a path inside the project; change it'
            )
        elif key == "pages" and not path.is_dir():
            yield Mistake(place, f'{key}: found no folder "{written}"; make it or remove the key')
        elif key == "mkdocs" and not path.is_file():
            yield Mistake(place, f'{key}: found no file "{written}"; write it or remove the key')
    for key in ("build", "work"):
        written = table.data.get(key, _DEFAULTS[key])
        held = next((name for name, path in _kept(project, key) if _meet(paths[key], path)), "")
        if held:
            yield Mistake(
                Place(PYPROJECT, table.line((key,))),
                f'{key}: found "{written}", which holds {held} or lies in it, expected a folder '
                "of its own, for it is overwritten; change it",
            )


def _kept(project: Project, key: str) -> Iterator[tuple[str, Path]]:
    """What the folder of this key must stay clear of."""
    yield "git's own files", project.root / ".git"
    yield PYPROJECT, project.root / PYPROJECT
    for name in ("register", "pages", "mkdocs"):
        if path := getattr(project, name):
            yield name, path
    if key == "work":
        yield "build", project.build
        yield "the builds", project.store


def _meet(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _bad_patterns(table: TomlTable) -> Iterator[Mistake]:
    for pattern in table.data.get("redact", {}).get("patterns", ()):
        try:
            re.compile(pattern)
        except re.error as error:
            yield Mistake(
                Place(PYPROJECT, table.line(("redact", "patterns"))),
                f'redact patterns: found "{pattern}", expected a regular expression ({error.msg} '
                f"at character {(error.pos or 0) + 1}); mend it",
            )
