"""The generated pages, as Markdown in a docs folder that MkDocs (or Zensical) builds."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from markupsafe import Markup

from evidence.engine.judge.model import Status
from evidence.engine.publish import links, words
from evidence.engine.publish.changes import Changes
from evidence.engine.publish.deploy import BRANCH
from evidence.engine.publish.front import RING_RADIUS, Front, front
from evidence.engine.publish.people import FRONT, PeoplesPages
from evidence.engine.publish.proof import excerpt_of_log
from evidence.engine.publish.spread import spread
from evidence.engine.publish.templating import environment
from evidence.engine.publish.text import count
from evidence.engine.publish.views import Views
from evidence.engine.run.model import GateRun, GateStatus
from evidence.engine.run.schedule import usable_cores

_HERE = Path(__file__).parent
_SHORT = 12


@dataclass(frozen=True)
class Chapter:
    """A part of the site's navigation: a page (`name`), or a title over several."""

    title: str
    name: str = ""
    pages: tuple[Chapter, ...] = ()


def write_pages(
    docs: Path,
    views: Views,
    people: PeoplesPages,
    *,
    sealed: str = "",
    changes: Changes | None = None,
    beside: Callable[[], None] | None = None,
) -> tuple[Chapter, ...]:
    """Write every page, log and asset into `docs`. Returns the navigation.

    `sealed` says who signs the build; only the page of this run tells, for the rest of a build is
    the same whoever made it. `changes` is what differs from the version published before, if this
    clone knows one. `beside` writes what else is wanted, while pages are rendered.
    """
    writer = _Writer(docs, views)
    shown = front(views)
    _write_front(writer, views, shown, people)
    writer.page(
        links.MATRIX,
        "acceptance_matrix.md",
        claims=tuple(views.claims.values()),
        rungs=tuple(words.RUNG.values()),
        standings=tuple(words.STANDING.values()),
        out_of_scope=links.page(links.OUT_OF_SCOPE),
    )
    _write_status(writer, views, shown)
    writer.page(links.OUT_OF_SCOPE, "out_of_scope.md", items=views.register.out_of_scope)
    if views.said:
        writer.page(links.SAID, "said_elsewhere.md", said=views.said)
    writer.page(links.AREAS, "areas.md", areas=views.areas)
    for area in views.areas:
        writer.page(area.page, "area.md", area=area)
    _write_gates(writer, views)
    _write_sources(writer, views, people)
    _write_changes(writer, views, changes)
    _write_this_run(writer, views, sealed)
    _write_people(writer, views, people)
    shutil.copytree(_HERE / "assets", docs / "assets", dirs_exist_ok=True)
    writer.finish(beside)
    return _navigation(views, people)


class _Writer:
    """Renders templates, each compiled once, into files of the docs folder. Pages wait until all
    of them are known, and are rendered side by side."""

    def __init__(self, docs: Path, views: Views) -> None:
        self._docs = docs
        self._jobs: list[Callable[[], None]] = []
        self._cores = usable_cores(views.project.cores)
        tree = views.run.tree
        self._shared = {
            "title": views.project.name,
            "commit": tree.commit[:_SHORT],
            "dirty": tree.dirty,
            "matrix": links.page(links.MATRIX),
            "status": links.page(links.STATUS),
        }
        self._environment = environment()

    def page(self, name: str, template: str, **values: object) -> None:
        """Have the page `name`.md written from `template`, its blank lines joined."""
        values = {**self._shared, "base": links.up(name), **values}
        self._jobs.append(partial(self._render, name, template, values))

    def finish(self, beside: Callable[[], None] | None = None) -> None:
        """Writes the pages, and what is to be written `beside` them."""
        spread([*((beside,) if beside else ()), *self._jobs], self._cores)

    def _render(self, name: str, template: str, values: Mapping[str, object]) -> None:
        text = self._environment.get_template(template).render(values)
        self.file(f"{name}.md", text.strip() + "\n")

    def file(self, path: str, text: str) -> None:
        self.path(path).write_text(text, encoding="utf-8", newline="\n")

    def path(self, path: str) -> Path:
        """Where `path` goes, its folder made."""
        target = self._docs / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target


def _write_front(writer: _Writer, views: Views, shown: Front, people: PeoplesPages) -> None:
    intro = next((page.body for page in people.pages if page.name == FRONT), "")
    writer.page(
        FRONT,
        "index.md",
        front=shown,
        radius=f"{RING_RADIUS:g}",
        total=f"{len(views.claims):,}",
        areas=views.areas,
        gates=links.page(links.GATES),
        intro=Markup(intro.strip()),  # noqa: S704 (a person's own Markdown)
    )


def _write_status(writer: _Writer, views: Views, shown: Front) -> None:
    asked = Counter(item.word for item in views.requirements)
    order = [words.STATUS[status] for status in (Status.NOT, Status.PARTLY, Status.MET)]
    writer.page(
        links.STATUS,
        "status.md",
        front=shown,
        complaints=views.judgement.complaints,
        unserved=tuple(item for item in views.requirements if not item.claims),
        asked=tuple((word, asked[word]) for word in order if asked[word]),
        requirements=tuple(
            (group.replace("_", " ").capitalize(), tuple(items))
            for group, items in groupby(views.requirements, key=lambda item: item.group)
        ),
        gates=tuple(views.gates.values()),
    )


def _write_gates(writer: _Writer, views: Views) -> None:
    results = views.project.work / "results"
    writer.page(links.GATES, "gates.md", gates=tuple(views.gates.values()))
    for gate in views.gates.values():
        logged, printed = (gate.run.log, gate.run.printed) if gate.run else ("", "")
        log = excerpt_of_log(results / logged)
        writer.page(links.gate_page(gate.id), "gate.md", gate=gate, log=log)
        if log:
            shutil.copyfile(results / logged, writer.path(links.log_file(gate.id)))
        if printed:
            shutil.copyfile(results / printed, writer.path(links.printed_file(gate.id)))


def _write_sources(writer: _Writer, views: Views, people: PeoplesPages) -> None:
    for path in sorted(views.citing.keys() | people.cited):
        file = views.sources.get(path)
        if file is None:
            continue
        size = count(len(file.lines), "line") if file.is_text else f"{file.size_bytes:,} bytes"
        writer.page(
            links.source_page(path),
            "source.md",
            file=file,
            size=size,
            permalink=views.permalinks.to(path),
            blotted=count(file.blotted, "passage is blotted out", "passages are blotted out"),
            left_out=count(file.left_out, "line") if file.left_out else "",
            cited_by=views.citing.get(path, ()),
        )


def _write_changes(writer: _Writer, views: Views, changes: Changes | None) -> None:
    writer.page(
        links.CHANGES,
        "changes.md",
        changes=changes,
        branch=BRANCH,
        chapters=changes.chapters() if changes else (),
        hrefs={claim.id: claim.href for claim in views.claims.values()},
    )


def _write_this_run(writer: _Writer, views: Views, sealed: str) -> None:
    run = views.run
    writer.page(
        links.THIS_RUN,
        "this_run.md",
        run=run,
        elapsed=_seconds(run.elapsed_s),
        sealed=sealed,
        host=tuple(sorted(run.host.items())),
        gates=tuple(
            (
                gate,
                _seconds(gate.run.elapsed_s) if gate.run else "",
                _executed(gate.run),
                links.printed(gate.id) if gate.run.printed else "",
            )
            for gate in views.gates.values()
            if gate.run
        ),
    )


def _write_people(writer: _Writer, views: Views, people: PeoplesPages) -> None:
    for page in people.pages:
        if page.name != FRONT:
            writer.file(f"{page.name}.md", page.text)
    for file in people.files:
        shutil.copyfile(file.path, writer.path(file.name))


def _navigation(views: Views, people: PeoplesPages) -> tuple[Chapter, ...]:
    guides = tuple(Chapter(page.title, page.name) for page in people.pages if page.name != FRONT)
    areas = tuple(Chapter(area.name, area.page) for area in views.areas)
    gates = tuple(Chapter(gate_id, links.gate_page(gate_id)) for gate_id in views.gates)
    return (
        Chapter("Overview", FRONT),
        Chapter("Matrix", links.MATRIX),
        Chapter("Status", links.STATUS),
        Chapter("Claims", pages=(Chapter("All areas", links.AREAS), *areas)),
        *((Chapter("Guides", pages=guides),) if guides else ()),
        Chapter("Proof", pages=(Chapter("All gates", links.GATES), *gates)),
        Chapter("Out of scope", links.OUT_OF_SCOPE),
        *((Chapter("Said elsewhere", links.SAID),) if views.said else ()),
        Chapter("Changes", links.CHANGES),
        Chapter("This run", links.THIS_RUN),
    )


def _executed(run: GateRun) -> str:
    if run.status is GateStatus.NOT_RUN:
        return "no"
    return f"no, reused from {run.reused_from}" if run.reused_from else "yes"


def _seconds(elapsed_s: float) -> str:
    return f"{elapsed_s:,.1f} s"
