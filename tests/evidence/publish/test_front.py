from __future__ import annotations

from dataclasses import replace

import pytest

from evidence.engine.judge.model import Status
from evidence.engine.publish.action import next_action
from evidence.engine.publish.front import front
from evidence.engine.run.model import GateStatus
from tests.evidence.publish.sample import Sample, claim, link


def action(sample: Sample) -> str:
    found = next_action(sample.views)
    return f"{found.text} [{found.link.text} -> {found.link.href}]" if found.link else found.text


def serve_all(sample: Sample) -> None:
    sample.requirements = sample.requirements[:1]


def test_failed_gate_comes_first(sample: Sample) -> None:
    sample.add(claim("REF-03", "It is kept."), Status.NOT, reasons=("Gate tests failed.",))
    sample.gate_runs = (
        replace(sample.gate_runs[0], status=GateStatus.FAILED, why="Exit code 1, 0 expected."),
    )
    assert action(sample) == (
        "Mend gate tests: exit code 1, 0 expected; 2 claims rest on it. "
        "[Read its proof: tests -> proof/tests.html]"
    )


def test_critical_claim_comes_before_other_broken_ones(sample: Sample) -> None:
    sample.add(claim("REF-03", "A."), Status.NOT, reasons=("x.py::f is not found.",))
    sample.add(claim("REF-04", "B.", critical=True), Status.NOT, reasons=("It never ran.",))
    assert action(sample) == (
        "Mend REF-04: it never ran. [Open REF-04 -> claims/refunds.html#REF-04]"
    )


def test_unserved_requirement_comes_before_rungs(sample: Sample) -> None:
    assert action(sample) == (
        "Write a claim for C9.9: 1 requirement has none yet. "
        "[See C9.9 -> status.html#requirement-C9.9]"
    )


def test_gate_that_did_not_run_comes_next(sample: Sample) -> None:
    serve_all(sample)
    sample.gate_runs = ()
    assert action(sample) == (
        "Run gate tests: it was not among the gates of this run. [See tests -> proof/tests.html]"
    )


def test_most_common_missing_rung_comes_then(sample: Sample) -> None:
    serve_all(sample)
    assert action(sample) == (
        "Climb a rung with 1 claim: not measured yet: nothing has been broken on purpose to see "
        "these tests fail. [See the claims -> acceptance_matrix.html?status=partly]"
    )


def test_nothing_is_open_when_all_is_met(sample: Sample) -> None:
    serve_all(sample)
    sample.verdicts = [replace(sample.verdicts[0], status=Status.MET, reasons=())]
    assert action(sample) == "Nothing is open: every claim in scope is met."


@pytest.mark.parametrize(
    ("statuses", "headline"),
    [
        ([], "No claim is written yet."),
        ([Status.MET], "The one claim is met."),
        ([Status.MET, Status.MET], "All 2 claims are met."),
        ([Status.MET, Status.PARTLY], "1 of 2 claims met, none broken."),
        ([Status.PARTLY, Status.PARTLY], "2 claims: none is broken, and none is met yet."),
        ([Status.MET, Status.NOT], "1 of 2 claims is not met."),
        ([Status.NOT, Status.NOT, Status.PARTLY], "2 of 3 claims are not met."),
    ],
)
def test_headline_counts_claims(sample: Sample, statuses: list[Status], headline: str) -> None:
    sample.claims, sample.verdicts = [], []
    for number, status in enumerate(statuses):
        sample.add(claim(f"REF-1{number}", "It is kept."), status)
    assert front(sample.views).headline == headline


def test_ring_is_closed_by_its_arcs(sample: Sample) -> None:
    sample.add(claim("REF-03", "A."), Status.NOT)
    sample.add(claim("REF-04", "B."), Status.MET)
    arcs = front(sample.views).arcs
    assert [arc.word.label for arc in arcs] == ["Met", "Partly met", "Not met"]
    assert sum(float(arc.length) for arc in arcs) == pytest.approx(float(arcs[0].rest), abs=0.05)


def test_claims_that_share_a_reason_stand_together(sample: Sample) -> None:
    sample.add(claim("REF-03", "A."), reasons=("No Docker engine.",))
    sample.add(claim("REF-04", "B.", requirements=(link("C9.9"),)))
    shown = front(sample.views)
    assert [(item.reason, [held.id for held in item.claims]) for item in shown.partly] == [
        ("No Docker engine.", ["REF-03"])
    ]
    assert [item.number for item in shown.not_measured] == ["All 3 claims"]


def test_requirements_are_counted_with_those_that_no_claim_serves(sample: Sample) -> None:
    assert front(sample.views).asked == (
        "2 requirements: 1 not met, 1 partly met; no claim serves 1 of them yet."
    )
    sample.requirements = ()
    assert front(sample.views).asked == ""


def test_rung_that_was_measured_and_lacks_comes_before_unserved_requirements(
    sample: Sample,
) -> None:
    sample.add(claim("REF-03", "A."), reasons=("Its test runs no line of it.",))
    assert action(sample) == (
        "Prove REF-03: its test runs no line of it. [Open REF-03 -> claims/refunds.html#REF-03]"
    )
