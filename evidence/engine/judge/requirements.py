"""How far each requirement is met: by the claims that cite it, and by nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from evidence.engine.judge.model import Status, Verdict
from evidence.engine.register.model import Register


def judge_requirements(register: Register, verdicts: Sequence[Verdict]) -> dict[str, Status]:
    """Not met when nobody cites it or any claim that does is Not met; Met when all are Met and
    the register does not say that a part of it is served by none."""
    citing: dict[str, list[Status]] = {item.id: [] for item in register.requirements}
    for verdict in verdicts:
        for link in verdict.claim.requirements:
            if link.text in citing:
                citing[link.text].append(verdict.status)
    return {
        item.id: _status(citing[item.id], is_whole=not item.lacks) for item in register.requirements
    }


def _status(statuses: Sequence[Status], *, is_whole: bool) -> Status:
    if not statuses or Status.NOT in statuses:
        return Status.NOT
    are_met = all(status is Status.MET for status in statuses)
    return Status.MET if are_met and is_whole else Status.PARTLY
