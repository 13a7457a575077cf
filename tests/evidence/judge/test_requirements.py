"""How far requirements are met."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence.engine.judge.model import Status, Verdict
from evidence.engine.judge.requirements import judge_requirements
from evidence.engine.mistakes import Place
from evidence.engine.register.model import Claim, Link, Register, Requirement

PLACE = Place("evidence/requirements.yml", 1)
ASKED = Requirement(id="T1", text="The till adds up.", group="Till", place=PLACE)


def verdict(status: Status) -> Verdict:
    claim = Claim(
        id="TILL-01",
        area="Till",
        says="It adds up.",
        place=PLACE,
        requirements=(Link("T1", PLACE),),
    )
    return Verdict(claim=claim, status=status, rungs=(), reasons=(), code=(), tests=())


@pytest.mark.parametrize(
    ("lacks", "statuses", "expected"),
    [
        ("", [], Status.NOT),
        ("", [Status.MET], Status.MET),
        ("", [Status.MET, Status.PARTLY], Status.PARTLY),
        ("", [Status.MET, Status.NOT], Status.NOT),
        ("the receipt", [Status.MET], Status.PARTLY),
        ("the receipt", [Status.PARTLY], Status.PARTLY),
        ("the receipt", [Status.NOT], Status.NOT),
        ("the receipt", [], Status.NOT),
    ],
)
def test_a_requirement_follows_its_claims_and_what_it_lacks_only_lowers_it(
    lacks: str, statuses: list[Status], expected: Status
) -> None:
    register = Register(requirements=(replace(ASKED, lacks=lacks),))

    found = judge_requirements(register, [verdict(status) for status in statuses])

    assert found == {"T1": expected}
