"""What a seller signs in evidence.json or a log, although the rest of the bundle says otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from evidence import sign, verify
from tests.evidence.bundle.forging import Bundle, Forgeries, Forgery

LIES = Forgeries()
refused = LIES.refused
LOG = "site/proof/tests.log"
CITED = "tests/test_money.py::test_total_adds_up"
DEAD = {"path": "till/money.py", "symbol": "gone", "lines": [0, 0], "sha256": ""}


def _lie(change: Callable[[dict], object], claim: str = "") -> Forgery:
    def forge(bundle: Bundle) -> Path:
        edit = bundle.claim(claim, change) if claim else bundle.evidence(change)
        return edit.reseal().zip()

    return forge


def _rungs(**standings: str) -> Callable[[dict], object]:
    return lambda claim: claim["rungs"].update(standings)


for _name, _reason, _claim, _change in (
    ("key_left_out", "evidence-shape", "TILL-01", lambda claim: claim.pop("reasons")),
    ("number_that_is_a_word", "evidence-shape", "TILL-01", lambda claim: claim.update(critical=1)),
    ("commit_that_is_none", "evidence-shape", "", lambda told: told.update(commit="HEAD")),
    ("passage_of_one_line_number", "evidence-shape", "TILL-01",
     lambda claim: claim["code"][0].update(lines=[1])),
    ("path_that_no_file_can_have", "evidence-shape", "TILL-01",
     lambda claim: claim["code"][0].update(path="a\0b")),
    ("path_of_half_a_character", "evidence-shape", "TILL-01",
     lambda claim: claim["code"][0].update(path="\ud800")),
    ("lacks_that_is_a_number", "evidence-shape", "", lambda told: told.update(lacks=1)),
    ("claim_twice", "duplicate-id", "", lambda told: told["claims"].append(told["claims"][0])),
    ("gate_that_is_not_there", "unknown-reference", "TILL-01", lambda c: c.update(gates=["lint"])),
    ("met_with_a_rung_missing", "status-not-from-rungs", "TILL-01",
     lambda claim: claim.update(status="met")),
    ("met_that_is_called_not", "status-not-from-rungs", "TILL-01",
     lambda claim: claim.update(status="not")),
    ("linked_to_what_is_gone", "linked-contradicted", "TILL-01", lambda c: c["code"].append(DEAD)),
    ("linked_to_what_is_gone_under_odd_keys", "linked-contradicted", "TILL-01",
     lambda claim: (claim["code"].append(DEAD), claim.update(name="x", sentence="y"))),
    ("passed_with_a_failed_test", "passed-contradicted", "TILL-01",
     lambda claim: claim["tests"][0].update(outcome="failed")),
    ("passed_with_a_skipped_test", "passed-contradicted", "TILL-01",
     lambda claim: claim["tests"][0].update(outcome="skipped")),
    ("executed_without_a_line", "executed-contradicted", "TILL-01",
     lambda claim: claim["tests"][0].update(executes=[])),
    ("executed_by_a_line_that_nothing_cites", "executed-contradicted", "TILL-01",
     lambda claim: claim["tests"][0].update(executes=[99999])),
    ("executed_called_not_applicable", "executed-contradicted", "TILL-01", _rungs(executed="n/a")),
    ("falsified_without_a_kill", "falsified-contradicted", "TILL-01", _rungs(falsified="yes")),
    ("falsified_called_not_applicable", "falsified-contradicted", "TILL-03",
     _rungs(falsified="n/a")),
    ("demonstrated_without_a_step", "demonstrated-contradicted", "TILL-01",
     _rungs(demonstrated="yes")),
    ("requirement_met_by_a_claim_that_is_not", "requirement-status", "",
     lambda told: told["requirements"].update(T1="met")),
    ("requirement_that_nobody_serves", "requirement-status", "",
     lambda told: told["requirements"].update(T4="partly")),
    ("passed_with_exit_code_one", "gate-contradicted", "",
     lambda told: told["gates"][0].update(exit_code=1)),
    ("passed_without_exit_code", "gate-contradicted", "",
     lambda told: told["gates"][0].pop("exit_code")),
    ("log_of_another_run", "log-digest", "", lambda told: told["gates"][0].update(sha256="0" * 64)),
    ("log_that_is_not_there", "log-missing", "",
     lambda told: told["gates"][0].update(log="proof/gone.log")),
):  # fmt: skip
    LIES[_name] = (_reason, _lie(_change, _claim))


@refused("falsified-contradicted")
def mutant_that_survived(bundle: Bundle) -> Path:
    def lie(claim: dict) -> None:
        claim["rungs"]["falsified"] = "yes"
        claim["mutants"].update(assertion=5, survived=[{"id": "x"}])

    return bundle.claim("TILL-01", lie).reseal().zip()


@refused("falsified-contradicted")
def kills_of_a_harness_that_cannot_be_trusted(bundle: Bundle) -> Path:
    def lie(told: dict) -> None:
        claim = next(claim for claim in told["claims"] if claim["id"] == "TILL-01")
        claim["rungs"]["falsified"] = "yes"
        claim["gates"] = []
        claim["mutants"].update(assertion=5, survived=[], untried=0)
        told["complaints"] = ["A fork lied."]

    return bundle.evidence(lie).reseal().zip()


@refused("no-evidence")
def evidence_left_out(bundle: Bundle) -> Path:
    del bundle.files[verify.EVIDENCE]
    return bundle.recount().sign_manifest().zip()


@refused("log-head")
def gate_that_failed_by_its_log(bundle: Bundle) -> Path:
    bundle.swap(LOG, "status    passed", "status    failed: exit code 1")
    digest = sign._sha256(bundle.folder("x") / LOG)
    return bundle.evidence(lambda told: _gate(told, "tests").update(sha256=digest)).reseal().zip()


@refused("log-head")
def log_of_another_commit(bundle: Bundle) -> Path:
    commit = json.loads(bundle.files[verify.EVIDENCE])["commit"]
    bundle.swap(LOG, commit, "f" * 40)
    digest = sign._sha256(bundle.folder("x") / LOG)
    return bundle.evidence(lambda told: _gate(told, "tests").update(sha256=digest)).reseal().zip()


def _listed(before: str, after: str) -> Forgery:
    """The log tells of a cited test what evidence.json does not."""

    def forge(bundle: Bundle) -> Path:
        bundle.swap(LOG, before, after)
        digest = sign._sha256(bundle.folder("x") / LOG)
        return (
            bundle.evidence(lambda told: _gate(told, "tests").update(sha256=digest)).reseal().zip()
        )

    return forge


for _name, _after in (
    ("test_that_failed_by_its_log", "failed   {}\n"),
    ("test_that_ended_in_an_error_by_its_log", "error    {}\n"),
    ("test_that_was_skipped_by_its_log", "skipped  {}\n"),
    ("test_of_which_a_case_failed_by_its_log", "passed   {}[1]\nfailed   {}[2]\n"),
    ("test_that_no_log_lists", ""),
):
    LIES[_name] = (
        "passed-contradicted",
        _listed(f"passed   {CITED}\n", _after.replace("{}", CITED)),
    )


def _gate(told: dict, name: str) -> dict:
    return next(gate for gate in told["gates"] if gate["id"] == name)
