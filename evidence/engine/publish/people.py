"""Pages that people wrote: Markdown with Jinja that quotes facts and cites claims.

Their Markdown is theirs and stays as written; what `fact`, `claim`, `gate` and `source` put in is
escaped. `{#` stays Markdown's (an anchor on a heading), so a comment is written `{## … ##}`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf
from pathlib import Path

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
)
from markupsafe import Markup

from evidence.engine.mistakes import Mistake, Mistakes, Place, did_you_mean
from evidence.engine.project import Project
from evidence.engine.publish import links
from evidence.engine.publish.citing import CALLS, Citing, Reading, Resolve
from evidence.engine.publish.private import secret_in
from evidence.engine.publish.text import escape
from evidence.engine.publish.views import Views
from evidence.engine.source.shared import not_shared

# What the engine writes itself; a person's page of that name would hide it.
_GENERATED = frozenset(
    {links.MATRIX, links.STATUS, links.OUT_OF_SCOPE, links.SAID, links.AREAS, links.GATES}
)
_GENERATED_FOLDERS = ("claims/", "proof/", "source/", "assets/", f"{links.VOLATILE}/")
FRONT = "index"
_HEAD = re.compile(r"\A---\n.*?^---\n", re.MULTILINE | re.DOTALL)
_ORDER = re.compile(r"^order:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
# A fenced block, or code within a line.
_CODE = re.compile(
    r"^ *(?P<fence>`{3,}|~{3,})[^\n]*\n.*?^ *(?P=fence)|"
    r"(?<![`\\])(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`)",
    re.MULTILINE | re.DOTALL,
)
_ENTITY = re.compile(r"&#0(?!96;)(\d+);")
_HEADING = re.compile(r"^#\s+(.+?)\s*(?:\{[^}]*\})?\s*$", re.MULTILINE)


@dataclass(frozen=True)
class PersonsPage:
    """A rendered page: `name` without .md, relative to the pages folder, and its title.

    Pages with an `order` in their head come first, the lowest number before the others.
    """

    name: str
    title: str
    text: str
    order: int | None = None

    @property
    def body(self) -> str:
        """The text without head and first heading, for a page that has these already."""
        text = _HEAD.sub("", self.text, count=1).lstrip()
        heading = _HEADING.match(text)
        return text[heading.end() :] if heading else text


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
    for name in _published(views.project, folder, reading):
        if not name.endswith(".md"):
            files.append(PersonsFile(name, folder / name))
        elif page := _render(views, resolve, reading, folder, name):
            pages.append(page)
    if reading.found:
        raise Mistakes(reading.found)
    pages.sort(key=lambda page: (inf if page.order is None else page.order, page.name))
    return PeoplesPages(tuple(pages), tuple(files), frozenset(reading.cited))


def _published(project: Project, folder: Path, reading: Reading) -> list[str]:
    """Names in the pages folder that are for readers; what must not be seen is a mistake."""
    names = [
        name
        for name in sorted(x.relative_to(folder) for x in folder.rglob("*") if x.is_file())
        if not any(part.startswith(("_", ".")) for part in name.parts)
    ]
    paths = {(folder / name).relative_to(project.root).as_posix(): name for name in names}
    private = not_shared(project, paths)
    for path in paths:
        text = (project.root / path).read_bytes().decode("utf-8", errors="replace")
        if why := private.get(path):
            reading.found.append(Mistake(Place(path), f"page or file to publish: {why}"))
        elif secret := secret_in(text, path, project.secret_patterns):
            reading.found.append(secret)
    return [name.as_posix() for path, name in paths.items() if path not in private]


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
        text = _CODE.sub(_as_typed, text)
        return PersonsPage(page, _title(text, page), text, _order(text, name, citing))
    return None


def _order(text: str, name: str, citing: Citing) -> int | None:
    """`order: 2` in the page's head: its place among the guides."""
    head = _HEAD.match(text)
    written = _ORDER.search(head[0]) if head else None
    if head is None or written is None:
        return None
    if not written[1].isdecimal():
        line = head[0][: written.start()].count("\n") + 1
        citing.wrong(name, line, f"order: found {written[1]!r}, a whole number expected")
        return None
    return int(written[1])


def _as_typed(code: re.Match[str]) -> str:
    """Entities that `_put_in` made, as characters: Markdown shows code as it is written.

    A backtick stays an entity, so no value can end the code that it stands in.
    """
    return _ENTITY.sub(lambda entity: chr(int(entity[1])), code[0])


def _put_in(value: object) -> Markup:
    """A value escaped; its entities begin with a zero, so that they can be told from a person's.
    Space at its ends stays, as one: it may stand between two words, as in `{{ ", " }}`."""
    if isinstance(value, Markup):
        return value
    text = str(value)
    told = str(escape(text)).replace("&#", "&#0")
    before, after = (" " if end.isspace() else "" for end in (text[:1], text[-1:]))
    return Markup(f"{before}{told}{after}")  # noqa: S704 (escaped above)


def _environment(folder: Path, citing: Citing) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_put_in,
        keep_trailing_newline=True,
        comment_start_string="{##",
        comment_end_string="##}",
    )
    environment.globals.update(
        fact=citing.fact,
        claim=citing.claim,
        gate=citing.gate,
        log=citing.log,
        killed=citing.killed,
        source=citing.source,
        demo=citing.demo,
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
