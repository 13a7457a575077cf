"""falsify.plan: which mutants a build tries for which claim, and in which order it asks tests."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from coverage import CoverageData

from evidence.engine.falsify import plan as module
from evidence.engine.falsify.lines import Lines
from evidence.engine.falsify.mutants import Mutant, mutants_of
from evidence.engine.falsify.plan import Plan, Recorded, Target, make_plan, target_of
from evidence.engine.falsify.sample import Sample
from evidence.engine.mistakes import Place
from evidence.engine.project import load_project
from evidence.engine.register.model import Gate
from evidence.engine.register.reading import read_register
from evidence.engine.run.model import GateRun, GateStatus
from tests.evidence.conftest import Stranger

_CODE = "def one(a):\n    return a + 1\n\n\ndef two(a):\n    return a - 2\n"
_CLAIMS = """
area: Till
claims:
  - {id: TILL-01, says: It adds., code: ['till/sums.py::one', 'till/sums.py::two'],
     tests: ['tests/test_sums.py::test_one']}
  - {id: TILL-02, says: It takes., critical: true, code: ['till/sums.py::two'],
     tests: ['tests/test_sums.py::test_two']}
"""


def planned(stranger: Stranger, per_claim: int) -> Plan:
    stranger.write("till/sums.py", _CODE)
    stranger.write("tests/test_sums.py", "def test_one(): ...\n\n\ndef test_two(): ...\n")
    stranger.write("evidence/claims/till.yml", _CLAIMS)
    (stranger.root / "evidence/requirements.yml").unlink()
    project = load_project(stranger.root)
    register = read_register(project)
    sample = Sample(per_claim, "one")
    return make_plan(project, register, register.claims, (), stranger.root, sample)


def test_without_a_limit_every_mutant_is_tried(stranger: Stranger) -> None:
    plan = planned(stranger, 0)
    assert set(plan.targets) == {each for ids in plan.claims.values() for each in ids}
    assert (plan.left_out, plan.untried) == ({}, {})


def test_each_mutant_is_tried_for_the_claims_whose_sample_holds_it(stranger: Stranger) -> None:
    plan = planned(stranger, 1)

    tried = {
        claim: {each.mutant.id for each in plan.targets.values() if claim in each.claims}
        for claim in plan.claims
    }
    assert {claim: len(ids) for claim, ids in tried.items()} == {"TILL-01": 1, "TILL-02": 2}
    for claim, ids in plan.claims.items():
        assert set(ids) == tried[claim] | set(plan.left_out[claim])
    everything = {each for ids in plan.claims.values() for each in ids}
    assert set(plan.targets) | set(plan.untried) == everything
    assert set(plan.targets) == tried["TILL-01"] | tried["TILL-02"]
    assert set(plan.untried) == everything - set(plan.targets)
    assert plan.untried


def test_a_plan_knows_who_ran_what_in_this_run(stranger: Stranger) -> None:
    planned(stranger, 0)
    data = CoverageData(str(stranger.root / "coverage"))
    data.set_context("tests/test_sums.py::test_one|run")
    data.add_lines({"till/sums.py": [2]})
    data.write()
    data.close()
    told = [
        {"nodeid": "tests/test_sums.py::test_one", "keywords": ["test_one", "parametrize"]},
        {"nodeid": "tests/test_sums.py::test_two[a]", "keywords": ["test_two[a]", "slow"]},
        {"nodeid": "tests/test_sums.py::test_any", "keywords": ["test_any", "hypothesis"]},
    ]
    stranger.write("pytest.json", json.dumps({"tests": told}))
    run = GateRun(
        "tests",
        GateStatus.PASSED,
        "",
        0,
        (),
        "",
        "",
        1.0,
        tests="pytest.json",
        coverage="coverage",
    )
    project = load_project(stranger.root)
    register = read_register(project)
    plan = make_plan(project, register, register.claims, [run], stranger.root)

    assert [each.gate.id for each in plan.recorded] == ["tests"]
    assert plan.gate_of("tests/test_sums.py::test_one") is plan.recorded[0]
    assert plan.recorded[0].slow == {"tests/test_sums.py::test_two", "tests/test_sums.py::test_any"}
    first = next(each for each in plan.targets.values() if each.mutant.unit == "one")
    assert list(first.cases) == ["tests/test_sums.py::test_one"]


def test_critical_claims_come_first(stranger: Stranger) -> None:
    plan = planned(stranger, 0)
    assert list(plan.claims) == ["TILL-02", "TILL-01"]
    assert [each.mutant.unit for each in plan.targets.values()] == sorted(
        (each.mutant.unit for each in plan.targets.values()), reverse=True
    )


def test_each_mutant_knows_the_cited_cases_that_were_recorded_on_its_line(
    stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = Lines()
    for case in ("tests/test_sums.py::test_one[a]", "tests/test_sums.py::test_three"):
        lines.ran["till/sums.py"][case] = 1 << 2
    recorded = Recorded(Gate("tests", "They pass.", Place("gates.yml")), {}, lines)
    monkeypatch.setattr(module, "recorded_by", lambda *_: [recorded])

    plan = planned(stranger, 0)

    assert plan.recorded == (recorded,)
    ran = ("tests/test_sums.py::test_one[a]",)
    assert {each.mutant.unit: dict(each.cases) for each in plan.targets.values()} == {
        "one": {"tests/test_sums.py::test_one": ran},
        "two": {},
    }


SIZES = {"t.py::big": 900, "t.py::small": 12, "t.py::other": 10, "t.py::cases[a]": 200}


@pytest.mark.parametrize("seconds", [dict.fromkeys(SIZES, 0.1), {"t.py::small": 60.0}])
def test_order_hangs_on_lines_and_names_and_never_on_seconds(seconds: Mapping[str, float]) -> None:
    recorded = Recorded(
        Gate("tests", "They pass.", Place("gates.yml")), seconds, Lines(sizes=SIZES)
    )
    ordered = sorted(SIZES, key=lambda test: recorded.rank(test, (test,)))
    assert ordered == ["t.py::other", "t.py::small", "t.py::cases[a]", "t.py::big"]


def test_slow_tests_come_last_however_few_lines_they_run() -> None:
    recorded = Recorded(
        Gate("tests", "They pass.", Place("gates.yml")),
        {},
        Lines(sizes=SIZES),
        frozenset({"t.py::other"}),
    )
    ordered = sorted(SIZES, key=lambda test: recorded.rank(test, (test,)))
    assert ordered == ["t.py::small", "t.py::cases[a]", "t.py::big", "t.py::other"]


def test_every_case_of_a_cited_test_may_notice_that_a_decorator_went(stranger: Stranger) -> None:
    """The function's own lines do not run where its decorator refuses."""
    code = _CODE.replace("def one", "@guarded\ndef one")
    mutants = mutants_of(path="till/sums.py", source=code, name="one")
    found = {"till/sums.py": {"t.py::test_runs[a]": 1 << 3, "t.py::test_refused[b]": 1 << 9}}
    lines = Lines(ran=found, sizes={**SIZES, "t.py::test_runs[a]": 1, "t.py::test_refused[b]": 1})
    recorded = Recorded(Gate("tests", "They pass.", Place("gates.yml")), {}, lines)
    cited = {"TILL-01": frozenset({"t.py::test_runs", "t.py::test_refused"})}

    def target(mutant: Mutant) -> Target:
        return target_of(mutant, cited, (3, 3), (), [recorded])

    dropped, *others = map(target, mutants)
    assert dropped.at_import
    assert dropped.cases == {
        "t.py::test_runs": ("t.py::test_runs[a]",),
        "t.py::test_refused": ("t.py::test_refused[b]",),
    }
    assert {each.at_import for each in others} == {False}
    assert {tuple(each.cases) for each in others} == {("t.py::test_runs",)}
