"""The front page: the counts as a ring, what is missing and why, and the one thing to do next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import pi

from evidence.engine.judge.model import Status
from evidence.engine.publish import links, words
from evidence.engine.publish.action import Action, next_action
from evidence.engine.publish.reasons import Held, not_measured, problems
from evidence.engine.publish.shapes import ClaimView
from evidence.engine.publish.text import count
from evidence.engine.publish.views import Views
from evidence.engine.publish.words import Word
from evidence.engine.run.model import GateStatus

RING_RADIUS = 52.0
_FEW = 5
_ORDER = (Status.MET, Status.PARTLY, Status.NOT)


@dataclass(frozen=True)
class Arc:
    """A part of the ring: its length and where it starts, as lengths along the circle."""

    word: Word
    length: str
    offset: str
    rest: str


@dataclass(frozen=True)
class Tally:
    word: Word
    number: str
    href: str
    meaning: str


@dataclass(frozen=True)
class Shared:
    """Claims of one status with the same reason. `few`: few enough to show what each says."""

    word: Word
    reason: str
    number: str
    claims: tuple[ClaimView, ...]
    few: bool


@dataclass(frozen=True)
class Front:
    headline: str
    summary: str
    asked: str
    arcs: tuple[Arc, ...]
    tallies: tuple[Tally, ...]
    not_met: tuple[Shared, ...]
    partly: tuple[Shared, ...]
    not_measured: tuple[Shared, ...]
    action: Action


def front(views: Views) -> Front:
    """All that the front page shows, from the same verdicts as every other page."""
    claims = tuple(views.claims.values())
    gates = tuple(views.gates.values())
    passed = sum(1 for gate in gates if gate.run and gate.run.status is GateStatus.PASSED)
    return Front(
        headline=_headline(views.counts, len(claims)),
        summary=f"{passed} of {count(len(gates), 'gate')} passed in this build.",
        asked=_asked(views),
        arcs=_arcs(views.counts),
        tallies=_tallies(views.counts),
        not_met=_shared(views, problems(views.judgement, Status.NOT)),
        partly=_shared(views, problems(views.judgement, Status.PARTLY)),
        not_measured=_shared(views, not_measured(views.judgement)),
        action=next_action(views),
    )


def _headline(counts: dict[Status, int], total: int) -> str:
    if not total:
        return "No claim is written yet."
    if counts[Status.MET] == total:
        return f"All {count(total, 'claim')} are met." if total > 1 else "The one claim is met."
    if counts[Status.NOT]:
        is_or_are = "is" if counts[Status.NOT] == 1 else "are"
        return f"{counts[Status.NOT]:,} of {count(total, 'claim')} {is_or_are} not met."
    if not counts[Status.MET]:
        return f"{count(total, 'claim')}: none is broken, and none is met yet."
    return f"{counts[Status.MET]:,} of {count(total, 'claim')} met, none broken."


def _arcs(counts: dict[Status, int]) -> tuple[Arc, ...]:
    circle = 2 * pi * RING_RADIUS
    total = sum(counts[status] for status in _ORDER)
    arcs, start = [], 0.0
    for status in _ORDER:
        length = circle * counts[status] / total if total else 0.0
        if length:
            arcs.append(
                Arc(words.STATUS[status], f"{length:.2f}", f"{-start:.2f}", f"{circle:.2f}")
            )
        start += length
    return tuple(arcs)


def _tallies(counts: dict[Status, int]) -> tuple[Tally, ...]:
    meanings = {
        Status.MET: "every rung its links call for",
        Status.PARTLY: "passed, but a rung is missing",
        Status.NOT: "a link is dead, or a test or gate failed or never ran",
        Status.OUT: "listed with a reason",
    }
    return tuple(
        Tally(
            word=words.STATUS[status],
            number=f"{counts[status]:,}",
            href=links.page(links.OUT_OF_SCOPE)
            if status is Status.OUT
            else f"{links.page(links.MATRIX)}?status={words.STATUS[status].style}",
            meaning=meaning,
        )
        for status, meaning in meanings.items()
    )


def _asked(views: Views) -> str:
    """How the requirements stand; nothing when the project lists none."""
    if not views.requirements:
        return ""
    counts = Counter(asked.word for asked in views.requirements)
    stand = ", ".join(
        f"{counts[words.STATUS[status]]:,} {words.STATUS[status].label.lower()}"
        for status in reversed(_ORDER)
        if counts[words.STATUS[status]]
    )
    unserved = sum(1 for asked in views.requirements if not asked.claims)
    why = f"; no claim serves {unserved:,} of them yet" if unserved else ""
    return f"{count(len(views.requirements), 'requirement')}: {stand}{why}."


def _shared(views: Views, held: tuple[Held, ...]) -> tuple[Shared, ...]:
    return tuple(
        Shared(
            word=words.STATUS[each.status],
            reason=" ".join(each.reasons),
            number=_number(len(each.claims), len(views.claims)),
            claims=tuple(views.claims[claim_id] for claim_id in each.claims),
            few=len(each.claims) <= _FEW,
        )
        for each in held
    )


def _number(held: int, total: int) -> str:
    return f"All {held:,} claims" if held == total > 1 else count(held, "claim")
