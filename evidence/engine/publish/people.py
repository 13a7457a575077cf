"""Pages that people wrote: Markdown with Jinja that quotes facts and cites claims.

Their Markdown is theirs and stays as written; what `fact`, `claim`, `gate` and `source` put in is
escaped. `{#` stays Markdown's (an anchor on a heading), so a comment is written `{## … ##}`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
)
from markupsafe import Markup

from evidence.engine.mistakes import Mistakes, did_you_mean
from evidence.engine.publish import links
from evidence.engine.publish.citing import CALLS, Citing, Reading, Resolve
from evidence.engine.publish.text import escape
from evidence.engine.publish.views import Views

# What the engine writes itself; a person's page of that name would hide it.
_GENERATED = frozenset(
    {links.MATRIX, links.STATUS, links.OUT_OF_SCOPE, links.THIS_RUN, links.AREAS, links.GATES}
)
_GENERATED_FOLDERS = ("claims/", "proof/", "source/", "assets/")
FRONT = "index"
_HEADING = re.compile(r"^#\s+(.+?)\s*(?:\{[^}]*\})?\s*$", re.MULTILINE)


@dataclass(frozen=True)
class PersonsPage:
    """A rendered page: `name` without .md, relative to the pages folder, and its title."""

    name: str
    title: str
    text: str

    @property
    def body(self) -> str:
        """The text without its first heading, for a page that has a heading already."""
        heading = _HEADING.match(self.text.lstrip())
        return self.text.lstrip()[heading.end() :] if heading else self.text


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


def render_people(views: Views, resolve: Resolve) -> PeoplesPages:
    """Render all pages of the project's pages folder.

    Raises Mistakes with every unknown fact, claim, gate or source of all pages.
    """
    folder = views.project.pages
    if folder is None or not folder.is_dir():
        return PeoplesPages()
    reading = Reading()
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
    views: Views, resolve: Resolve, reading: Reading, folder: Path, name: str
) -> PersonsPage | None:
    page = name.removesuffix(".md")
    citing = Citing(views, resolve, reading, folder, page)
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
        citing.wrong(*_where(error, name), f"Jinja: {error}; a page can call {CALLS}")
    else:
        return PersonsPage(page, _title(text, page), text)
    return None


def _environment(folder: Path, citing: Citing) -> Environment:
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


def _where(error: Exception, page: str) -> tuple[str, int]:
    """The innermost template and line that an error passed through."""
    where, step = (page, 1), error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename.endswith(".md"):
            name = Path(step.tb_frame.f_code.co_filename)
            where = (name.as_posix(), step.tb_lineno)
        step = step.tb_next
    return where


def _templates(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.md"))]


def _title(text: str, page: str) -> str:
    """The first heading, or the page's name as words."""
    heading = _HEADING.search(text)
    return heading[1] if heading else page.rpartition("/")[2].replace("_", " ").capitalize()
