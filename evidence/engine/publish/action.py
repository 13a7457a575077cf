"""The one next action: what brings the most, and where to start."""

from __future__ import annotations

from dataclasses import dataclass

from evidence.engine.judge.model import Status
from evidence.engine.publish import links
from evidence.engine.publish.reasons import not_measured, problems
from evidence.engine.publish.shapes import LinkView
from evidence.engine.publish.text import count
from evidence.engine.publish.views import Views
from evidence.engine.run.model import GateStatus


@dataclass(frozen=True)
class Action:
    """The one next action: a sentence and where to start."""

    text: str
    link: LinkView | None = None


def next_action(views: Views) -> Action:
    """What brings the most: a failed gate, a broken claim, an unserved requirement, a rung."""
    return (
        _mend_gate(views)
        or _mend_claim(views)
        or _prove_claim(views)
        or _serve_requirement(views)
        or _run_gate(views)
        or _climb(views)
        or Action("Nothing is open: every claim in scope is met.")
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


def _prove_claim(views: Views) -> Action | None:
    """A claim that passed, though a rung was measured and is missing."""
    found = problems(views.judgement, Status.PARTLY)
    if not found:
        return None
    claim = views.claims[found[0].claims[0]]
    return Action(
        f"Prove {claim.id}: {_clause(found[0].reasons[0])}.",
        LinkView(f"Open {claim.id}", claim.href),
    )


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
    found = not_measured(views.judgement)
    if not found:
        return None
    return Action(
        f"Climb a rung with {count(len(found[0].claims), 'claim')}: "
        f"{_clause(found[0].reasons[0])}.",
        LinkView("See the claims", f"{links.page(links.MATRIX)}?status=partly"),
    )


def _clause(sentence: str) -> str:
    """A sentence as the part after a colon: no full stop, a plain first letter."""
    clause = sentence.strip().rstrip(".")
    is_word = clause[1:2].islower() or clause[1:2] == " "
    return clause[:1].lower() + clause[1:] if is_word else clause
