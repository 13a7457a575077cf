"""evidence.json: in the shape of its schema, and never at odds with the judgement."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

import evidence.engine.publish
from evidence.engine.falsify.model import Outcome, PatchRun
from evidence.engine.publish.evidence_json import _control, dumps, evidence_json
from evidence.engine.run.model import GateStatus
from tests.evidence.judge.conftest import CHANGE, HOLDS, MONEY, TOTAL, recorded
from tests.evidence.publish.test_mutations import BROKEN

__all__ = ["recorded"]

SCHEMA = Path(evidence.engine.publish.__file__).with_name("evidence.schema.json")


@pytest.fixture
def validator():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def _evidence(made):
    return evidence_json(made.project, made.register, made.run(), made.judge())


def _claim(data, claim_id):
    return next(claim for claim in data["claims"] if claim["id"] == claim_id)


def test_what_a_requirement_lacks_is_told_of_those_that_lack_something(recorded):
    first, *others = recorded.register.requirements
    register = replace(
        recorded.register, requirements=(replace(first, lacks="A receipt."), *others)
    )

    data = evidence_json(recorded.project, register, recorded.run(), recorded.judge())

    assert data["lacks"] == {first.id: "A receipt."}


def test_what_is_wrong_with_the_harness_is_told(recorded, validator):
    judgement = replace(recorded.judge(), complaints=("A fork lied.",))

    data = evidence_json(recorded.project, recorded.register, recorded.run(), judgement)

    assert data["complaints"] == ["A fork lied."]
    assert _evidence(recorded)["complaints"] == []
    validator.validate(data)


def test_whole_claim_reads_as_the_contract_says(recorded):
    held = [recorded.line("self.held += pennies"), recorded.line("return self.held")]
    back = recorded.line("return paid - price")

    data = _evidence(recorded)
    claim = _claim(data, "TILL-02")

    assert list(claim) == [
        *("id", "area", "says", "requirements", "critical", "status", "rungs", "reasons"),
        *("code", "tests", "gates", "mutants", "sabotage", "demo"),
    ]
    assert claim["requirements"] == ["T1", "T2"]
    assert claim["critical"] is True
    assert claim["status"] == "partly"
    assert claim["rungs"] == {
        "linked": "yes",
        "passed": "yes",
        "executed": "yes",
        "falsified": "not measured",
        "demonstrated": "n/a",
    }
    assert [code["symbol"] for code in claim["code"]] == ["change", "Drawer.put"]
    assert claim["tests"][0] == {
        "id": CHANGE,
        "outcome": "passed",
        "cases": 2,
        "executes": [back],
        "executes_by_path": {MONEY: [back]},
    }
    assert (claim["tests"][2]["id"], claim["tests"][2]["executes"]) == (HOLDS, held)
    assert claim["mutants"] == {
        "assertion": 0,
        "crash": 0,
        "timeout": 0,
        "untried": 0,
        "survived": [],
        "waived": [],
        "notes": [],
    }
    assert data["gates"][0] == {
        "id": "tests",
        "status": "passed",
        "why": "",
        "exit_code": 0,
        "log": "proof/tests.log",
        "sha256": "0" * 64,
        "reused_from": None,
        "control": "none",
    }
    assert data["requirements"] == {"T1": "partly", "T2": "partly", "T3": "partly", "T4": "not"}


def test_each_cited_symbol_says_how_many_mutants_it_has(recorded, validator):
    judgement = recorded.judge()
    verdicts = tuple(replace(each, broken=BROKEN) for each in judgement.verdicts)

    data = evidence_json(
        recorded.project, recorded.register, recorded.run(), replace(judgement, verdicts=verdicts)
    )

    told = {
        claim["id"]: [(code["symbol"], code["mutants"]) for code in claim["code"]]
        for claim in data["claims"]
    }
    assert told == {
        "TILL-01": [("total", 6)],
        "TILL-02": [("change", 0), ("Drawer.put", 0)],
        "TILL-03": [("CURRENCY", 0), ("", 0)],
        "cards": [],
    }
    validator.validate(data)
    data["claims"][0]["code"][0]["mutants"] = -1
    assert not validator.is_valid(data)


def test_what_is_out_of_scope_is_a_claim_that_is_out(recorded):
    claim = _claim(_evidence(recorded), "cards")

    assert claim["status"] == "out"
    assert set(claim["rungs"].values()) == {"n/a"}
    assert claim["reasons"] == ["This till takes cash only."]


def _healthy(made):
    pass


def _failing(made):
    made.cases[TOTAL] = "failed"


def _dead(made):
    made.stranger.replace("evidence/claims/till.yml", "money.py::total", "money.py::totl")


def _nothing_ran(made):
    made.cases, made.lines, made.gates = {}, {}, {}


def _not_here(made):
    made.gates["imports"] = (GateStatus.NOT_RUN, "No Docker engine.")


def _odd_outcomes(made):
    made.cases[TOTAL] = "xpassed"
    made.cases[HOLDS] = "error"


STATES = [_healthy, _failing, _dead, _nothing_ran, _not_here, _odd_outcomes]


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_valid(recorded, validator, state):
    state(recorded)

    validator.validate(json.loads(dumps(_evidence(recorded))))


@pytest.mark.parametrize("state", STATES)
def test_statuses_and_rungs_are_the_judgements(recorded, state):
    state(recorded)
    judgement = recorded.judge()
    data = json.loads(dumps(_evidence(recorded)))

    for verdict in judgement.verdicts:
        claim = _claim(data, verdict.claim.id)
        assert claim["status"] == verdict.status.value
        assert claim["reasons"] == list(verdict.reasons)
        assert claim["rungs"] == {rung.rung.value: rung.standing.value for rung in verdict.rungs}
    assert data["requirements"] == {
        requirement: status.value for requirement, status in judgement.requirements.items()
    }


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("claims", 0, "status"), "met"),
        (("claims", 0, "status"), "done"),
        (("claims", 0, "reasons"), []),
        (("claims", 0, "rungs", "linked"), "no"),
        (("claims", 0, "rungs", "passed"), "maybe"),
        (("claims", 0, "tests", 0, "outcome"), "fine"),
        (("gates", 0, "status"), "not run"),
        (("gates", 0, "control"), "blue"),
        (("requirements", "T1"), "out"),
        (("commit",), "HEAD"),
        (("schema",), 2),
    ],
)
def test_schema_refuses_what_no_build_may_say(recorded, validator, where, value):
    data = copy.deepcopy(_evidence(recorded))
    holder = data
    for step in where[:-1]:
        holder = holder[step]
    holder[where[-1]] = value

    assert not validator.is_valid(data)


def test_text_is_the_same_each_time_and_ends_in_one_newline(recorded):
    text = dumps(_evidence(recorded))

    assert text == dumps(_evidence(recorded))
    assert text.endswith("}\n")
    assert "\r" not in text


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ((), "none"),
        ((Outcome.RED,), "red"),
        ((Outcome.SURVIVED,), "green"),
        ((Outcome.RED, Outcome.SURVIVED), "green"),
        ((Outcome.RED, Outcome.NOT_TRIED), "none"),
    ],
)
def test_a_gate_is_red_only_when_all_its_controls_turned_it_red(outcomes, said):
    runs = [PatchRun("it", "tests", "It is so.", (), outcome) for outcome in outcomes]

    assert _control(runs) == said
