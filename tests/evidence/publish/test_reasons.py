from __future__ import annotations

from evidence.engine.judge.model import Status
from evidence.engine.publish.reasons import Held, not_measured, problems
from tests.evidence.publish.sample import Sample, claim

GATE = "Gate tests failed with exit code 1; read its log."
UNMEASURED = "Not measured yet: nothing has been broken on purpose to see these tests fail."


def test_own_reasons_come_before_the_one_that_all_share(sample: Sample) -> None:
    sample.add(claim("REF-03", "A."), Status.NOT, reasons=(GATE, UNMEASURED))
    own = ("test_a failed.", "test_b failed.")
    sample.add(claim("REF-04", "B."), Status.NOT, reasons=(*own, GATE, UNMEASURED))
    assert problems(sample.judgement, Status.NOT) == (
        Held(Status.NOT, own, ("REF-04",)),
        Held(Status.NOT, (GATE,), ("REF-03", "REF-04")),
    )
    assert problems(sample.judgement, Status.PARTLY) == ()


def test_what_nothing_measured_is_told_of_claims_that_passed(sample: Sample) -> None:
    sample.add(claim("REF-03", "A."), Status.NOT, reasons=(GATE, UNMEASURED))
    sample.add(claim("REF-04", "B."))
    assert not_measured(sample.judgement) == (
        Held(Status.PARTLY, (UNMEASURED,), ("REF-02", "REF-04")),
    )


def test_no_claim_that_is_not_met_goes_without_a_reason(sample: Sample) -> None:
    sample.verdicts.clear()
    sample.add(claim("REF-03", "A."), Status.NOT, reasons=(), rungs=())
    assert problems(sample.judgement, Status.NOT) == (
        Held(Status.NOT, ("A rung is missing.",), ("REF-03",)),
    )
