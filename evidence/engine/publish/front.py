"""The front page: the counts as a ring, what is not met and why, and the one thing to do next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import pi

from evidence.engine.judge.model import Status
from evidence.engine.publish import links, words
from evidence.engine.publish.shapes import ClaimView, LinkView
from evidence.engine.publish.text import count
from evidence.engine.publish.views import Views
from evidence.engine.publish.words import Word
from evidence.engine.run.model import GateStatus

RING_RADIUS = 52.0
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
    """Claims that are partly met for the same reason."""

    reason: str
    number: str
    claims: tuple[ClaimView, ...]


@dataclass(frozen=True)
class Action:
    """The one next action: a sentence and where to start."""

    text: str
    link: LinkView | None = None


@dataclass(frozen=True)
class Front:
    headline: str
    summary: str
    arcs: tuple[Arc, ...]
    tallies: tuple[Tally, ...]
    not_met: tuple[ClaimView, ...]
    partly: tuple[Shared, ...]
    action: Action


def front(views: Views) -> Front:
    """All that the front page shows, from the same verdicts as every other page."""
    claims = tuple(views.claims.values())
    gates = tuple(views.gates.values())
    passed = sum(1 for gate in gates if gate.run and gate.run.status is GateStatus.PASSED)
    return Front(
        headline=_headline(views.counts, len(claims)),
        summary=f"{passed} of {count(len(gates), 'gate')} passed in this build.",
        arcs=_arcs(views.counts),
        tallies=_tallies(views.counts),
        not_met=tuple(claim for claim in claims if claim.status is Status.NOT),
        partly=_shared(claims),
        action=next_action(views),
    )


def next_action(views: Views) -> Action:
    """What brings the most: a failed gate, a broken claim, an unserved requirement, a rung."""
    return (
        _mend_gate(views)
        or _mend_claim(views)
        or _serve_requirement(views)
        or _run_gate(views)
        or _climb(views)
        or Action("Nothing is open: every claim in scope is met.")
    )


def _headline(counts: dict[Status, int], total: int) -> str:
    if not total:
        return "No claim is written yet."
    if counts[Status.MET] == total:
        return f"All {count(total, 'claim')} are met." if total > 1 else "The one claim is met."
    if counts[Status.NOT]:
        is_or_are = "is" if counts[Status.NOT] == 1 else "are"
        return f"{counts[Status.NOT]:,} of {count(total, 'claim')} {is_or_are} not met."
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


def _shared(claims: tuple[ClaimView, ...]) -> tuple[Shared, ...]:
    """Partly met claims by reason, the reason of most claims first."""
    by_reason: dict[str, list[ClaimView]] = {}
    for claim in claims:
        if claim.status is Status.PARTLY:
            for reason in claim.reasons or ("A rung is missing.",):
                by_reason.setdefault(reason, []).append(claim)
    return tuple(
        Shared(reason, count(len(held), "claim"), tuple(held))
        for reason, held in sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0]))
    )


def _mend_gate(views: Views) -> Action | None:
    failed = [
        gate for gate in views.gates.values() if gate.run and gate.run.status is GateStatus.FAILED
    ]
    if not failed:
        return None
    gate = max(failed, key=lambda gate: len(gate.claims))
    waiting = f"; {count(len(gate.claims), 'claim')} rest on it" if gate.claims else ""
    return Action(
        f"Mend gate {gate.id}: {_clause(gate.why)}{waiting}.",
        LinkView(f"Read its proof: {gate.id}", gate.href),
    )


def _mend_claim(views: Views) -> Action | None:
    broken = [claim for claim in views.claims.values() if claim.status is Status.NOT]
    if not broken:
        return None
    claim = next((claim for claim in broken if claim.critical), broken[0])
    why = _clause(claim.reasons[0]) if claim.reasons else "it is not met"
    return Action(f"Mend {claim.id}: {why}.", LinkView(f"Open {claim.id}", claim.href))


def _serve_requirement(views: Views) -> Action | None:
    unserved = [asked for asked in views.requirements if not asked.claims]
    if not unserved:
        return None
    verb = "has" if len(unserved) == 1 else "have"
    return Action(
        f"Write a claim for {unserved[0].id}: {count(len(unserved), 'requirement')} "
        f"{verb} none yet.",
        LinkView(f"See {unserved[0].id}", links.requirement(unserved[0].id)),
    )


def _run_gate(views: Views) -> Action | None:
    waiting = [
        gate
        for gate in views.gates.values()
        if gate.run is None or gate.run.status is GateStatus.NOT_RUN
    ]
    if not waiting:
        return None
    gate = max(waiting, key=lambda gate: len(gate.claims))
    return Action(
        f"Run gate {gate.id}: {_clause(gate.why)}.", LinkView(f"See {gate.id}", gate.href)
    )


def _climb(views: Views) -> Action | None:
    reasons = Counter(
        reason
        for claim in views.claims.values()
        if claim.status is Status.PARTLY
        for reason in claim.reasons
    )
    if not reasons:
        return None
    reason, number = min(reasons.items(), key=lambda item: (-item[1], item[0]))
    return Action(
        f"Climb a rung with {count(number, 'claim')}: {_clause(reason)}.",
        LinkView("See the claims", f"{links.page(links.MATRIX)}?status=partly"),
    )


def _clause(sentence: str) -> str:
    """A sentence as the part after a colon: no full stop, a plain first letter."""
    clause = sentence.strip().rstrip(".")
    is_word = clause[1:2].islower() or clause[1:2] == " "
    return clause[:1].lower() + clause[1:] if is_word else clause
