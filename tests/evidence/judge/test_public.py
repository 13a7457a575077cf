from __future__ import annotations

from evidence.engine.judge.model import Status, Verdict
from evidence.engine.judge.public import judge_public
from evidence.engine.register.model import PublicClaim, Register
from tests.evidence.publish.sample import PLACE, claim, link, verdict

SAID = PublicClaim("A post", "Never a penny lost.", (link("A-01"), link("A-02")), PLACE)


def made(first: Status, second: Status) -> list[Verdict]:
    return [verdict(claim("A-01", "x"), first), verdict(claim("A-02", "y"), second)]


def test_sentence_is_borne_when_every_claim_under_it_is_met() -> None:
    (said,) = judge_public(Register(public=(SAID,)), made(Status.MET, Status.MET))
    assert said.unborne_by == ()


def test_claim_that_is_only_partly_met_bears_nothing() -> None:
    (said,) = judge_public(Register(public=(SAID,)), made(Status.PARTLY, Status.MET))
    assert said.unborne_by == ("A-01",)


def test_claim_that_was_not_judged_bears_nothing() -> None:
    (said,) = judge_public(Register(public=(SAID,)), made(Status.MET, Status.NOT)[:1])
    assert said.unborne_by == ("A-02",)
