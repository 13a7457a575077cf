from __future__ import annotations

import json

import pytest

from evidence.engine.judge.model import Rung, Standing
from evidence.engine.run.model import GateStatus
from tests.evidence.judge.conftest import Recorded

DEMO = """gate: walk
steps:
  - id: pay
    title: A customer pays
    who: customer
    does: [Press Pay.]
    sees: The order is paid.
"""
WALK = """  - id: walk
    proves: The demo runs in a browser.
    run: [walk]
"""


@pytest.fixture
def walked(recorded: Recorded) -> Recorded:
    """The stranger's repository with a demo whose step the first claim cites."""
    stranger = recorded.stranger
    stranger.write("evidence/demo.yml", DEMO)
    stranger.write("evidence/gates.yml", stranger.read("evidence/gates.yml").rstrip() + "\n" + WALK)
    stranger.replace(
        "evidence/claims/till.yml", "  - id: TILL-01\n", "  - id: TILL-01\n    demo: pay\n"
    )
    recorded.gates["walk"] = (GateStatus.PASSED, "")
    return recorded


def left(walked: Recorded, steps: object, *pictures: str) -> None:
    """What the gate left among its artifacts."""
    folder = walked.project.work / "results" / "walk" / "artifacts" / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "steps.json").write_text(json.dumps({"steps": steps}), encoding="utf-8")
    kept = tuple(f"walk/artifacts/demo/{name}" for name in ("steps.json", *pictures))
    walked.artifacts["walk"] = kept


def rung(walked: Recorded, claim: str = "TILL-01") -> tuple[Standing, tuple[str, ...]]:
    found = walked.verdict(claim).rung(Rung.DEMONSTRATED)
    return found.standing, found.reasons


PAID = {"id": "pay", "status": "passed", "screenshot": "pay.png"}


def test_step_seen_in_the_browser_with_its_screenshot_stands(walked: Recorded) -> None:
    left(walked, [PAID], "pay.png")
    assert rung(walked) == (Standing.YES, ())
    assert walked.judge().shown["pay"].screenshot == "walk/artifacts/demo/pay.png"


def test_claim_without_a_step_needs_none(walked: Recorded) -> None:
    left(walked, [PAID], "pay.png")
    assert rung(walked, "TILL-02") == (Standing.NOT_APPLICABLE, ())


def test_step_without_its_screenshot_does_not_stand(walked: Recorded) -> None:
    left(walked, [PAID])
    assert rung(walked) == (Standing.NO, ("Demo step pay left no screenshot.",))


def test_step_that_failed_says_what_was_seen(walked: Recorded) -> None:
    walked.gates["walk"] = (GateStatus.FAILED, "exit code 1")
    left(walked, [{"id": "pay", "status": "failed", "why": "expected Paid, found Pending."}])
    assert rung(walked) == (Standing.NO, ("Demo step pay: expected Paid, found Pending.",))


def test_step_that_the_walk_left_out_does_not_stand(walked: Recorded) -> None:
    left(walked, [])
    assert rung(walked) == (
        Standing.NO,
        ("Demo step pay: the walk did not reach it; read the log of its gate.",),
    )


def test_machine_without_a_browser_leaves_the_rung_unmeasured(walked: Recorded) -> None:
    walked.gates["walk"] = (GateStatus.NOT_RUN, "not run: no Chromium")
    assert rung(walked) == (
        Standing.NOT_MEASURED,
        ("Demo step pay: gate walk was not run: no Chromium.",),
    )


@pytest.mark.parametrize("steps", [None, "pay", [{"id": "pay"}], ["pay"], {"pay": "passed"}])
def test_unreadable_record_is_no_proof(walked: Recorded, steps: object) -> None:
    left(walked, steps, "pay.png")
    standing, (why,) = rung(walked)
    assert standing is Standing.NO
    assert "no readable demo/steps.json" in why


def test_gate_that_left_nothing_proves_nothing(walked: Recorded) -> None:
    standing, (why,) = rung(walked)
    assert standing is Standing.NO
    assert why == (
        "Demo step pay: gate walk left no readable demo/steps.json among its artifacts; "
        "read its log."
    )


def test_step_that_nobody_wrote_is_a_dead_link(walked: Recorded) -> None:
    walked.stranger.replace("evidence/claims/till.yml", "demo: pay", "demo: pray")
    left(walked, [PAID], "pay.png")
    verdict = walked.verdict("TILL-01")
    assert verdict.rung(Rung.LINKED).standing is Standing.NO
    assert "TILL-01 cites pray: not found in demo.yml; did you mean pay?" in verdict.reasons


def test_project_without_a_demo_says_so(recorded: Recorded) -> None:
    recorded.stranger.replace(
        "evidence/claims/till.yml", "  - id: TILL-01\n", "  - id: TILL-01\n    demo: pay\n"
    )
    assert rung(recorded)[0] is Standing.NOT_MEASURED
    assert recorded.verdict("TILL-01").rung(Rung.LINKED).standing is Standing.NO


def test_gate_of_another_run_shows_nothing(walked: Recorded) -> None:
    del walked.gates["walk"]
    assert rung(walked) == (
        Standing.NOT_MEASURED,
        ("Demo step pay: gate walk was not among this run's gates.",),
    )
