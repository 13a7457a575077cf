"""Whether what is said elsewhere is borne by the claims it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from evidence.engine.judge.model import Said, Status, Verdict
from evidence.engine.register.model import Register


def judge_public(register: Register, verdicts: Sequence[Verdict]) -> tuple[Said, ...]:
    """Each sentence with the ids of the claims under it that are not Met, in written order."""
    met = {verdict.claim.id for verdict in verdicts if verdict.status is Status.MET}
    return tuple(
        Said(said, tuple(link.text for link in said.claims if link.text not in met))
        for said in register.public
    )
