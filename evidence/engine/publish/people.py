"""Pages that people wrote: Markdown with Jinja that quotes facts and cites claims.

Their Markdown is theirs and stays as written; what `fact`, `claim`, `gate` and `source` put in is
escaped. `{#` stays Markdown's (an anchor on a heading), so a comment is written `{## … ##}`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import (
    ChainableUndefined,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplateSyntaxError,
)
from markupsafe import Markup

from evidence.engine.mistakes import Mistake, Mistakes, Place, did_you_mean
from evidence.engine.publish import links
from evidence.engine.publish.text import escape
from evidence.engine.publish.views import LinkView, Views
from evidence.engine.publish.words import Word

# Turns `path::name` into the file and its first line, or raises LookupError with a sentence.
Resolve = Callable[[str], tuple[str, int]]

# What the engine writes itself; a person's page of that name would hide it.
_GENERATED = frozenset(
    {links.MATRIX, links.STATUS, links.OUT_OF_SCOPE, links.THIS_RUN, links.AREAS, links.GATES}
)
_GENERATED_FOLDERS = ("claims/", "proof/", "source/", "assets/")
FRONT = "index"
_CALLS = "fact, claim, gate and source"
_HEADING = re.compile(r"^#\s+(.+?)\s*(?:\{[^}]*\})?\s*$", re.MULTILINE)
_NAMED = 6
_NONE = object()


@dataclass(frozen=True)
class PersonsPage:
    """A rendered page: `name` without .md, relative to the pages folder, and its title."""

    name: str
    title: str
    text: str


@dataclass(frozen=True)
class PersonsFile:
    """A file beside the pages, such as a picture: `name` relative to the pages folder."""

    name: str
    path: Path


@dataclass(frozen=True)
class PeoplesPages:
    """Every page, the files beside them, and the source files that pages cite."""

    pages: tuple[PersonsPage, ...] = ()
    files: tuple[PersonsFile, ...] = ()
    cited: frozenset[str] = frozenset()


@dataclass
class _Reading:
    """What one reading of all pages gathers."""

    found: list[Mistake] = field(default_factory=list)
    cited: set[str] = field(default_factory=set)


def render_people(views: Views, resolve: Resolve) -> PeoplesPages:
    """Render all pages of the project's pages folder.

    Raises Mistakes with every unknown fact, claim, gate or source of all pages.
    """
    folder = views.project.pages
    if folder is None or not folder.is_dir():
        return PeoplesPages()
    reading = _Reading()
    pages: list[PersonsPage] = []
    files: list[PersonsFile] = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = file.relative_to(folder).as_posix()
        if any(part.startswith(("_", ".")) for part in Path(name).parts):
            continue
        if file.suffix != ".md":
            files.append(PersonsFile(name, file))
        elif page := _render(views, resolve, reading, folder, name):
            pages.append(page)
    if reading.found:
        raise Mistakes(reading.found)
    return PeoplesPages(tuple(pages), tuple(files), frozenset(reading.cited))


def _render(
    views: Views, resolve: Resolve, reading: _Reading, folder: Path, name: str
) -> PersonsPage | None:
    page = name.removesuffix(".md")
    citing = _Citing(views, resolve, reading, folder, page)
    if name.startswith(_GENERATED_FOLDERS) or page in _GENERATED:
        citing.wrong(name, 1, f"page {name}: the engine writes a page of that name; rename yours")
        return None
    try:
        text = _environment(folder, citing).get_template(name).render()
    except UnicodeDecodeError:
        citing.wrong(name, 1, f"page {name}: not UTF-8, UTF-8 expected; save it as UTF-8")
    except TemplateNotFound as error:
        near = did_you_mean(str(error.name), _templates(folder))
        citing.wrong(*_where(error, name), f"include {error.name}: not found in the pages{near}")
    except TemplateSyntaxError as error:
        citing.wrong(error.name or name, error.lineno, f"Jinja: {error.message}")
    except Exception as error:  # whatever a template can raise is its author's mistake
        citing.wrong(*_where(error, name), f"Jinja: {error}; a page can call {_CALLS}")
    else:
        return PersonsPage(page, _title(text, page), text)
    return None


def _environment(folder: Path, citing: _Citing) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=escape,
        keep_trailing_newline=True,
        comment_start_string="{##",
        comment_end_string="##}",
    )
    environment.globals.update(
        fact=citing.fact, claim=citing.claim, gate=citing.gate, source=citing.source
    )
    environment.filters["verbatim"] = lambda value: Markup(str(value))  # noqa: S704 (for code)
    return environment


class _Citing:
    """What a page can call. An unknown name is noted and answered with nothing."""

    def __init__(
        self, views: Views, resolve: Resolve, reading: _Reading, folder: Path, page: str
    ) -> None:
        self._views = views
        self._resolve = resolve
        self._reading = reading
        self._folder = folder
        self._up = links.up(page)
        self._page = page

    def wrong(self, template: str, line: int, text: str) -> None:
        """Note a mistake in the page or partial `template`."""
        file = (self._folder / template).relative_to(self._views.project.root).as_posix()
        self._reading.found.append(Mistake(Place(file, line), text))

    def fact(self, name: str) -> object:
        """The fact as the project's facts command printed it; dots lead into objects."""
        facts = self._views.run.facts
        value: object = facts.get(name, _NONE)
        if value is _NONE:
            value = facts
            for part in name.split("."):
                value = value.get(part, _NONE) if isinstance(value, dict) else _NONE
        return self._unknown("fact", name, tuple(_names(facts))) if value is _NONE else value

    def claim(self, claim_id: str) -> object:
        """A link to a claim, with its status."""
        view = self._views.claims.get(claim_id)
        if view is None:
            return self._unknown("claim", claim_id, tuple(self._views.claims))
        return self._cite(LinkView(view.id, view.href, view.says, view.word))

    def gate(self, gate_id: str) -> object:
        """A link to a gate's proof, with its verdict."""
        view = self._views.gates.get(gate_id)
        if view is None:
            return self._unknown("gate", gate_id, tuple(self._views.gates))
        return self._cite(LinkView(view.id, view.href, view.proves, view.word))

    def source(self, text: str) -> object:
        """A link to a file of the project, or to a symbol in it, on the site's own source page."""
        try:
            path, line = self._resolve(text)
        except LookupError as error:
            self._note(f"source {error.args[0]}")
            return ChainableUndefined()
        self._reading.cited.add(path)
        address = escape(self._up + links.source(path, line))
        return Markup('<a href="{}"><code>{}</code></a>').format(address, escape(text))

    def _cite(self, link: LinkView) -> Markup:
        word = link.word or Word("", "out")
        return Markup(
            '<a class="ev-cite ev-cite--{}" href="{}" title="{}">{} '
            '<span class="ev-cite-word">{}</span></a>'
        ).format(
            *map(escape, (word.style, self._up + link.href, link.title, link.text, word.label))
        )

    def _unknown(self, kind: str, name: str, known: tuple[str, ...]) -> ChainableUndefined:
        self._note(f"{kind} {name}: not found{did_you_mean(name, known) or _list(kind, known)}")
        return ChainableUndefined()

    def _note(self, text: str) -> None:
        self.wrong(*_calling(self._page + ".md"), text)


def _calling(page: str) -> tuple[str, int]:
    """The template and line that called into Python, found on the stack."""
    frame = sys._getframe(1)
    while frame is not None and "__jinja_template__" not in frame.f_globals:
        frame = frame.f_back  # type: ignore[assignment]
    return _template_line(frame.f_globals, frame.f_lineno) if frame else (page, 1)


def _where(error: Exception, page: str) -> tuple[str, int]:
    """The innermost template and line that an error passed through."""
    where, step = (page, 1), error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename.endswith(".md"):
            name = Path(step.tb_frame.f_code.co_filename)
            where = (name.as_posix(), step.tb_lineno)
        step = step.tb_next
    return where


def _template_line(names: dict[str, object], line: int) -> tuple[str, int]:
    template = names["__jinja_template__"]
    assert isinstance(template, Template)  # noqa: S101 (Jinja puts it there)
    return template.name or "", template.get_corresponding_lineno(line)


def _names(facts: dict[str, object], prefix: str = "") -> Iterator[str]:
    for name, value in facts.items():
        yield prefix + name
        if isinstance(value, dict):
            yield from _names(value, f"{prefix}{name}.")


def _list(kind: str, known: tuple[str, ...]) -> str:
    some = ", ".join(known[:_NAMED])
    more = ", …" if len(known) > _NAMED else ""
    return f"; known {kind}s: {some}{more}" if known else f"; this project has no {kind}s"


def _templates(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.md"))]


def _title(text: str, page: str) -> str:
    """The first heading, or the page's name as words."""
    heading = _HEADING.search(text)
    return heading[1] if heading else page.rpartition("/")[2].replace("_", " ").capitalize()
