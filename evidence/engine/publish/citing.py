"""What people's pages can call: facts of the run, and citations of claims, gates and source."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import ChainableUndefined, Template
from markupsafe import Markup

from evidence.engine.mistakes import Mistake, Place, did_you_mean
from evidence.engine.publish import links
from evidence.engine.publish.kill_rate import kill_rate
from evidence.engine.publish.shapes import LinkView
from evidence.engine.publish.steps import demo_steps
from evidence.engine.publish.text import escape, fence
from evidence.engine.publish.views import Views
from evidence.engine.publish.words import Word

# Turns `path::name` into the file and its first line, or raises LookupError with a sentence.
Resolve = Callable[[str], tuple[str, int]]
CALLS = "fact, claim, gate, log, killed, source and demo"
_NAMED = 6
_NONE = object()


@dataclass
class Reading:
    """What one reading of all pages gathers."""

    found: list[Mistake] = field(default_factory=list)
    cited: set[str] = field(default_factory=set)


class Citing:
    """What a page can call. An unknown name is noted and answered with nothing."""

    def __init__(
        self, views: Views, resolve: Resolve, reading: Reading, folder: Path, page: str
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

    def log(self, gate_id: str) -> object:
        """What a gate printed in this build, below its log's head, as a block."""
        view = self._views.gates.get(gate_id)
        if view is None:
            return self._unknown("gate", gate_id, tuple(self._views.gates))
        lines = self._views.log_of(gate_id) or ("It printed nothing in this build.",)
        return Markup("\n\n{}\n").format(fence(lines, language="text"))

    def killed(self, *folders: str) -> object:
        """How many small edits of the code below these folders were noticed in this build."""
        cited = {link.path for claim in self._views.register.claims for link in claim.code}
        for folder in folders:
            if not any(path.startswith(f"{folder.rstrip('/')}/") for path in cited):
                return self._note(f"killed {folder}: no claim cites code in such a folder")
        return str(kill_rate(self._views.judgement.verdicts, folders))

    def source(self, text: str) -> object:
        """A link to a file of the project, or to a symbol in it, on the site's own source page."""
        try:
            path, line = self._resolve(text)
        except LookupError as error:
            return self._note(f"source {error.args[0]}")
        self._reading.cited.add(path)
        address = escape(self._up + links.source(path, line))
        return Markup('<a href="{}"><code>{}</code></a>').format(address, escape(text))

    def demo(self) -> object:
        """Every step of the demo: what to do, what to see, and what the browser saw."""
        steps = tuple(self._views.steps.values())
        if not steps:
            return self._note("demo: not found; this project has no demo.yml")
        return demo_steps(steps, self._up)

    def _cite(self, link: LinkView) -> Markup:
        word = link.word or Word("", "out")
        return Markup(
            '<a class="ev-cite ev-cite--{}" href="{}" title="{}">{} '
            '<span class="ev-cite-word">{}</span></a>'
        ).format(
            *map(escape, (word.style, self._up + link.href, link.title, link.text, word.label))
        )

    def _unknown(self, kind: str, name: str, known: tuple[str, ...]) -> ChainableUndefined:
        return self._note(
            f"{kind} {name}: not found{did_you_mean(name, known) or _list(kind, known)}"
        )

    def _note(self, text: str) -> ChainableUndefined:
        """Takes down what is wrong; gives what stands in its place until all of it is told."""
        self.wrong(*_calling(self._page + ".md"), text)
        return ChainableUndefined()


def _calling(page: str) -> tuple[str, int]:
    """The template and line that called into Python, found on the stack."""
    frame = sys._getframe(1)
    while frame is not None and "__jinja_template__" not in frame.f_globals:
        frame = frame.f_back  # type: ignore[assignment]
    return _template_line(frame.f_globals, frame.f_lineno) if frame else (page, 1)


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
