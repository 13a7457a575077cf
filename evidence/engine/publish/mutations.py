"""The mutants of a claim's code as its page and evidence.json show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from evidence.engine.falsify.model import Outcome
from evidence.engine.judge.model import Breakages, Mutation
from evidence.engine.publish import links
from evidence.engine.publish.breakages import block
from evidence.engine.publish.text import count
from evidence.engine.publish.words import Word

_KILLS = (
    (Outcome.ASSERTION, "by an assertion"),
    (Outcome.CRASH, "by a crash"),
    (Outcome.TIMEOUT, "by a timeout"),
)
_LIVES = {
    Outcome.SURVIVED: Word("survived", "not"),
    Outcome.NOT_COVERED: Word("no cited test runs it", "not"),
    Outcome.SETUP_ERROR: Word("only broke a set-up", "not"),
    Outcome.NOT_TRIED: Word("not tried", "partly"),
}
_WAIVED = Word("waived", "out")


@dataclass(frozen=True)
class LiveView:
    """A mutant that no cited test killed: where, its edit as HTML, and what is said of it."""

    place: str
    href: str
    operator: str
    word: Word
    diff: Markup
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class MutationsView:
    """`says` counts them in a sentence; `notes` take away no rung."""

    says: str
    lives: tuple[LiveView, ...]
    notes: tuple[str, ...]


def mutations_view(broken: Breakages) -> MutationsView | None:
    """None when nothing of the claim was mutated."""
    if not broken.mutations:
        return None
    shown = [*broken.unkilled, *broken.waived]
    return MutationsView(_says(broken), tuple(map(_live, shown)), broken.notes)


def mutations_json(broken: Breakages) -> dict[str, object]:
    """Counts of kills by how they happened, and whatever was not killed."""
    return {
        **{outcome.value: broken.count(outcome) for outcome, _ in _KILLS},
        "untried": len(broken.left_out),
        "survived": [_told(each) for each in broken.unkilled],
        "waived": [_waived(each) for each in broken.waived],
        "notes": list(broken.notes),
    }


def _says(broken: Breakages) -> str:
    total = count(len(broken.mutations), "small edit")
    kills = [f"{n} {how}" for outcome, how in _KILLS if (n := broken.count(outcome))]
    left = [
        (len(broken.unkilled), "not noticed"),
        (len(broken.waived), "waived"),
        (len(broken.left_out), "not tried in this build"),
    ]
    rest = "".join(f"; {number} {word}" for number, word in left if number)
    return f"{total} of the cited code: noticed {', '.join(kills) or 'none'}{rest}."


def _live(mutation: Mutation) -> LiveView:
    mutant = mutation.mutant
    return LiveView(
        place=f"{mutant.path}:{mutant.line}",
        href=links.source(mutant.path, mutant.line),
        operator=mutant.operator,
        word=_WAIVED if mutation.waiver else _LIVES[mutation.outcome],
        diff=block(mutant.diff, is_diff=True),
        remarks=tuple(_remarks(mutation)),
    )


def _remarks(mutation: Mutation) -> Iterable[str]:
    if waiver := mutation.waiver:
        yield f"{waiver.category}: {waiver.reason} ({waiver.author})"
    if mutation.uncited:
        yield f"Only {mutation.uncited.test} notices it, which this claim does not cite."
    if mutation.mutant.why:
        yield mutation.mutant.why


def _told(mutation: Mutation) -> dict[str, object]:
    mutant = mutation.mutant
    return {
        "id": mutant.id,
        "path": mutant.path,
        "symbol": mutant.unit,
        "line": mutant.line,
        "operator": mutant.operator,
        "outcome": mutation.outcome.value,
        "diff": list(mutant.diff),
    }


def _waived(mutation: Mutation) -> dict[str, object]:
    waiver = mutation.waiver
    assert waiver is not None  # noqa: S101 - only waived ones come here
    about = {"category": waiver.category, "reason": waiver.reason, "author": waiver.author}
    return {**_told(mutation), **about}
