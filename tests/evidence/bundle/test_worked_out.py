"""What the verifier works out of rungs, tests and gates for itself, without a bundle around it."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

import pytest

from evidence import verify
from tests.evidence.bundle.claimed import DIGEST, GATES, claim, reason

NO_KILLS: dict[str, Any] = {
    **claim()["mutants"],
    "assertion": 0,
}
UNBROKEN = [*claim()["code"], {**claim()["code"][0], "mutants": 0}]
ONE_WAIVED = {**NO_KILLS, "waived": [{"id": "m"}]}
UNRUN = [{"outcome": "passed", "executes": []}]
TWO_PASSAGES = [
    {"sha256": DIGEST, "lines": []},
    *claim()["code"],
    {"sha256": DIGEST, "lines": [9, 9]},
]


def rungs(**changes: str) -> dict[str, str]:
    return {**claim()["rungs"], **changes}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "met"),
        ({"rungs": rungs(executed="n/a", falsified="n/a")}, "met"),
        ({"rungs": rungs(falsified="no")}, "partly"),
        ({"rungs": rungs(falsified="not measured")}, "partly"),
        ({"rungs": rungs(demonstrated="no")}, "partly"),
        ({"rungs": rungs(executed="no")}, "partly"),
        ({"rungs": rungs(linked="no")}, "not"),
        ({"rungs": rungs(linked="no", passed="no"), "gates": ["docker"]}, "not"),
        ({"rungs": rungs(passed="no")}, "partly"),
        ({"rungs": rungs(passed="no"), "gates": ["docker"]}, "partly"),
        ({"rungs": rungs(passed="no"), "gates": ["docker", "tests"], "tests": []}, "partly"),
        ({"rungs": rungs(passed="no"), "gates": ["docker"], "tests": []}, "not"),
        ({"rungs": rungs(passed="no"), "gates": ["docker", "lint"]}, "not"),
        ({"rungs": rungs(passed="no"), "gates": ["gone"]}, "not"),
        ({"rungs": rungs(passed="no"), "gates": ["untried"]}, "not"),
        (
            {"rungs": rungs(passed="no"), "tests": [{"outcome": "failed", "executes": [4]}]},
            "not",
        ),
        (
            {"rungs": rungs(passed="no"), "tests": [{"outcome": "skipped", "executes": []}]},
            "not",
        ),
    ],
)
def test_status_follows_from_the_rungs(changes: dict[str, Any], status: str) -> None:
    assert verify._status(claim(**changes), GATES) == status


@pytest.mark.parametrize(
    ("statuses", "lacks", "expected"),
    [
        ((), {}, "not"),
        (("met",), {}, "met"),
        (("met", "met"), {}, "met"),
        (("met",), {"T1": "half of it"}, "partly"),
        (("met", "partly"), {}, "partly"),
        (("partly",), {}, "partly"),
        (("met", "not"), {}, "not"),
        (("met", "out"), {}, "met"),
        (("out",), {}, "not"),
    ],
)
def test_requirement_follows_from_its_claims(
    statuses: tuple[str, ...], lacks: dict[str, str], expected: str
) -> None:
    other = claim(requirements=["T2"], status="not")
    claims = [other, *(claim(status=status) for status in statuses)]
    for told in ("met", "partly", "not"):
        evidence = {"claims": claims, "lacks": lacks, "requirements": {"T1": told}}
        refused = "" if told == expected else "requirement-status"
        assert reason(partial(verify._check_requirements, evidence)) == refused


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"critical": False, "sabotage": []},
        {"critical": False, "sabotage": [{"patch": "p", "outcome": "crash"}]},
        {"sabotage": [{"outcome": "assertion"}, {"outcome": "timeout"}]},
        {"sabotage": [{"outcome": word} for word in ("assertion", "crash", "timeout")]},
        {"critical": False, "sabotage": [], "gates": []},
        {"critical": False, "mutants": NO_KILLS, "gates": []},
        {"critical": False, "mutants": NO_KILLS, "sabotage": [], "tests": []},
        {"critical": False, "mutants": ONE_WAIVED, "gates": []},
        {"critical": False, "mutants": {**ONE_WAIVED, "crash": 1}, "sabotage": []},
        {"critical": False, "mutants": {**ONE_WAIVED, "timeout": 1}, "sabotage": []},
        # A function without a mutant needs a patch of the claim, or no test that could notice.
        {"code": UNBROKEN},
        {"critical": False, "code": UNBROKEN, "sabotage": [], "tests": []},
        {"critical": False, "code": [{"executable": False, "mutants": 0}], "sabotage": []},
        {"rungs": rungs(falsified="no"), "code": UNBROKEN, "sabotage": []},
        {"rungs": rungs(falsified="no"), "mutants": {}, "sabotage": []},
        {"rungs": rungs(falsified="not measured"), "gates": ["docker"], "sabotage": []},
        {
            "rungs": rungs(falsified="n/a"), "tests": [], "gates": [], "sabotage": [],
        },
    ],
)  # fmt: skip
def test_what_was_broken_on_purpose_fits(changes: dict[str, Any]) -> None:
    assert reason(lambda: verify._check_falsified(claim(**changes), GATES)) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"mutants": {**NO_KILLS, "assertion": 3, "survived": [{"id": "m"}]}},
        {"mutants": {**NO_KILLS, "assertion": 3, "untried": 1}},
        {"sabotage": []},
        {"sabotage": [{"outcome": "crash"}]},
        {"sabotage": [{"outcome": "assertion"}, {"outcome": "survived"}]},
        {"sabotage": [{"outcome": "assertion"}, {"outcome": "setup error"}]},
        {"gates": ["docker"]},
        {"gates": ["gone"]},
        {"critical": False, "mutants": NO_KILLS, "sabotage": []},
        {"critical": False, "mutants": NO_KILLS, "sabotage": [], "gates": []},
        {"critical": False, "mutants": ONE_WAIVED, "sabotage": []},
        {"critical": False, "mutants": ONE_WAIVED, "sabotage": [], "gates": []},
        {"critical": False, "mutants": NO_KILLS, "sabotage": [], "gates": [], "tests": []},
        {"critical": False, "code": UNBROKEN, "sabotage": []},
        {"critical": False, "code": [{"executable": True}], "sabotage": []},
        {"rungs": rungs(falsified="n/a"), "gates": []},
        {"rungs": rungs(falsified="n/a"), "tests": []},
    ],
)
def test_what_was_not_broken_is_not_falsified(changes: dict[str, Any]) -> None:
    made = claim(**changes)
    assert reason(lambda: verify._check_falsified(made, GATES)) == "falsified-contradicted"


@pytest.mark.parametrize(
    ("changes", "is_refused"),
    [
        ({}, False),
        ({"tests": [{"executes": [4]}, {"executes": []}]}, True),
        ({"tests": []}, True),
        ({"tests": [{"executes": [3, 4, 5]}]}, False),
        ({"tests": [{"executes": [2, 4]}]}, True),
        ({"tests": [{"executes": [4, 6]}]}, True),
        ({"tests": [{"executes": [4]}, {"executes": [99999]}]}, True),
        ({"tests": [{"executes": [4, 9]}], "code": TWO_PASSAGES}, False),
        ({"tests": [{"executes": [4, 8]}], "code": TWO_PASSAGES}, True),
        ({"rungs": rungs(executed="no"), "tests": [{"executes": []}]}, False),
        ({"rungs": rungs(executed="no"), "tests": [{"executes": [6]}]}, True),
        ({"rungs": rungs(executed="n/a")}, True),
        ({"rungs": rungs(executed="n/a"), "tests": []}, False),
        ({"rungs": rungs(executed="n/a"), "code": [], "tests": UNRUN}, False),
        ({"rungs": rungs(executed="n/a"), "code": []}, True),
        ({"rungs": rungs(executed="n/a"), "code": [{"sha256": DIGEST}], "tests": UNRUN}, False),
        ({"rungs": rungs(executed="n/a"), "code": [{"sha256": ""}], "tests": UNRUN}, True),
    ],
)
def test_executed_follows_from_the_lines_that_ran(
    changes: dict[str, Any], is_refused: bool
) -> None:
    expected = "executed-contradicted" if is_refused else ""
    assert reason(lambda: verify._check_executed(claim(**changes))) == expected


@pytest.mark.parametrize(
    ("changes", "complaints", "is_refused"),
    [
        ({}, [], False),
        ({}, ["A fork lied."], True),
        ({"tests": []}, ["A fork lied."], False),
        ({"rungs": rungs(falsified="not measured")}, ["A fork lied."], False),
        ({"rungs": rungs(falsified="no")}, ["A fork lied."], False),
    ],
)
def test_what_a_distrusted_harness_broke_is_not_falsified(
    changes: dict[str, Any], complaints: list[str], is_refused: bool
) -> None:
    expected = "falsified-contradicted" if is_refused else ""
    assert reason(lambda: verify._check_harness(claim(**changes), complaints)) == expected


def test_claim_made_here_is_one_that_every_check_takes() -> None:
    """So that the cases above differ from an honest claim in one thing only."""
    made = claim()
    before = copy.deepcopy(made)
    verify._check_executed(made)
    verify._check_falsified(made, GATES)
    verify._check_harness(made, [])
    assert verify._status(made, GATES) == made["status"]
    assert made == before
