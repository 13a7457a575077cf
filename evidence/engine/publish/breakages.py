"""What was broken on purpose, as a claim's and a gate's page show it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup
from markupsafe import escape as html

from evidence.engine.falsify.model import Outcome, PatchRun
from evidence.engine.publish.text import show_unseen
from evidence.engine.publish.words import Word
from evidence.engine.register.model import Register

_WORDS = {
    Outcome.ASSERTION: Word("caught", "met"),
    Outcome.CRASH: Word("caught by a crash", "met"),
    Outcome.TIMEOUT: Word("caught by a deadline", "met"),
    Outcome.RED: Word("turned it red", "met"),
    Outcome.SURVIVED: Word("not caught", "not"),
    Outcome.SETUP_ERROR: Word("broke the set-up", "not"),
    Outcome.NOT_TRIED: Word("not tried", "partly"),
}
_KINDS = {"+": "new", "-": "old", "@": "place"}


@dataclass(frozen=True)
class PatchView:
    """One patch: what it breaks in a sentence, its diff, and how that was noticed.

    `narrowed` says what the gate was run over instead of all it is run over otherwise; `diff` and
    `log` are HTML.
    """

    name: str
    says: str
    word: Word
    why: str
    caught_by: tuple[str, ...]
    narrowed: str
    diff: Markup
    log: Markup


def patch_views(runs: Iterable[PatchRun], register: Register) -> tuple[PatchView, ...]:
    """The patches in the order in which they are given."""
    return tuple(_view(run, register) for run in runs)


def _view(run: PatchRun, register: Register) -> PatchView:
    patch = register.patch(run.patch)
    return PatchView(
        name=run.patch,
        says=run.breaks,
        word=_WORDS.get(run.outcome, Word(run.outcome.value, "partly")),
        why=run.why,
        caught_by=run.killed_by,
        narrowed=" ".join(patch.narrow) if patch else "",
        diff=block(run.diff, is_diff=True),
        log=block(run.log) if run.log else Markup(""),
    )


def block(lines: Iterable[str], *, is_diff: bool = False) -> Markup:
    """Lines as they are. None is ever empty, for an empty line would end the block of HTML."""
    shown = (_line(line, _KINDS.get(line[:1], "") if is_diff else "") for line in lines)
    body = Markup("\n").join(shown)
    return Markup('<pre class="ev-diff">{}</pre>').format(body)


def _line(line: str, kind: str) -> Markup:
    text = html(show_unseen(line))
    return Markup('<span class="{}">{}</span>').format(f"ev-diff-{kind or 'same'}", text)
