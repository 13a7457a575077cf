"""The harness proves itself: what is planted here breaks it, and it says so and counts no kill.

One small repository holds every plant, so that its gate and its mutants run once for all. They
run in the test and not in a fixture, because claims cite it: it runs itself what it proves.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from evidence.engine.falsify import control, harness, server
from evidence.engine.falsify.harness import _Attempt, _Kills
from evidence.engine.falsify.lines import Lines
from evidence.engine.falsify.model import Falsification, MutantRun
from evidence.engine.falsify.mutation import try_claims
from evidence.engine.falsify.plan import Recorded
from evidence.engine.falsify.told import of_claim, summary
from evidence.engine.mistakes import Place
from evidence.engine.project import load_project
from evidence.engine.register.model import Claim, Gate
from evidence.engine.register.reading import read_register
from evidence.engine.run.listener import Silent
from evidence.engine.run.session import run_gates
from tests.evidence.conftest import Stranger
from tests.evidence.falsify.plants import CLAIMS, CODE, TESTS


class Planted:
    """What came of the plants."""

    def __init__(self, claims: dict[str, Claim], record: Falsification, said: list[str]) -> None:
        self.claims, self.record, self.said = claims, record, said

    def mutants(self, claim: str) -> tuple[MutantRun, ...]:
        return self.record.of(claim)

    def outcomes(self, claim: str) -> dict[str, str]:
        """Of each mutant, by what the edit put there."""
        tests = frozenset(link.text for link in self.claims[claim].tests)
        return {
            mutant.diff[-1].lstrip("+ "): mutant.outcome(tests).value
            for mutant in self.mutants(claim)
        }


@pytest.fixture
def plants(stranger: Stranger, tmp_path: Path) -> Stranger:
    """A repository in which everything is planted."""
    counter = tmp_path / "counter.txt"
    counter.write_text("")
    stranger.replace(
        "pyproject.toml", "PYTEST_PLUGINS", f'PLANTED_COUNTER = "{counter}"\nPYTEST_PLUGINS'
    )
    stranger.write("till/plants.py", CODE)
    stranger.write("tests/test_plants.py", TESTS)
    # Python then lists nothing of what is loaded, to whoever looks for functions to break.
    stranger.write(
        "tests/conftest.py", "import gc\n\n\ndef pytest_collection_finish():\n    gc.freeze()\n"
    )
    stranger.write(
        "evidence/claims/till.yml",
        "area: Till\nclaims:\n"
        + "".join(
            f"  - {{id: {claim}, says: It holds., code: ['till/plants.py::{code}'], "
            f"tests: ['tests/test_plants.py::test_{test}']}}\n"
            for claim, (code, test) in CLAIMS.items()
        ),
    )
    (stranger.root / "evidence/requirements.yml").unlink()
    stranger.commit()
    return stranger


def _tried(plants: Stranger) -> Planted:
    project = load_project(plants.root)
    register = read_register(project)
    run = run_gates(project, register, None, Silent())
    with pytest.MonkeyPatch.context() as patch:
        # What hangs here hangs for ever: less patience shows the same, sooner.
        patch.setattr(control, "_LEAST_S", 0.5)
        patch.setattr(harness, "_PATIENT", 2.0)
        patch.setattr(server, "_SPARE_HERE_S", 10.0)
        broken = try_claims(project, register, register.claims, run, Silent())
    said = [line for claim in register.claims for line in of_claim(claim, broken.record)]
    claims = {claim.id: claim for claim in register.claims}
    return Planted(claims, broken.record, [*said, *summary(broken, register.claims)])


@pytest.mark.slow
def test_every_plant_is_told_from_the_others(plants: Stranger) -> None:
    planted = _tried(plants)
    _cited_test_that_asserts_the_result_kills_every_mutant(planted)
    _test_that_calls_the_code_and_asserts_nothing_kills_nothing(planted)
    _test_that_is_not_green_on_unbroken_code_takes_no_kill_and_says_why(planted)
    _whoever_killed_one_is_asked_first_about_the_next_of_the_same_function(planted)
    _case_that_killed_the_most_of_a_function_is_run_first(planted)
    _hang_is_a_kill_by_timeout_and_told_apart(planted)
    _what_a_hang_leaves_behind_is_gone_for_the_next_mutant(planted)
    _fork_that_dies_is_no_kill_and_says_so(planted)
    _symbol_that_cannot_be_patched_is_tried_in_a_fresh_process(planted)
    _decorated_and_cached_function_runs_the_mutant(planted)
    _decorator_that_went_shows_in_a_fork_where_it_wraps_and_else_in_a_fresh_process(planted)
    _methods_properties_and_generators_run_the_mutant(planted)
    _code_that_ran_at_import_is_tried_where_it_runs_broken(planted)
    _test_in_another_process_sees_the_broken_file(planted)
    _flaky_test_is_named_and_takes_no_kill(planted)
    _kills_and_survivors_are_run_again_in_fresh_processes_and_agree(planted)
    _what_lived_is_told_with_its_edit(planted)


@pytest.mark.parametrize(
    ("seconds", "asked"),
    [((0.1, 0.1, 0.1, 0.1), 3), ((9.0, 0.1, 0.1, 9.0), 3), ((0.1, 0.1, 9.0, 9.0), 2)],
)
def test_slow_test_waits_until_those_before_it_have_not_noticed(
    seconds: Sequence[float], asked: int
) -> None:
    took = dict(zip("abcd", seconds, strict=True))
    recorded = Recorded(Gate("tests", "They pass.", Place("gates.yml")), took, Lines())
    attempt = _Attempt(None, recorded, None, None, None, _Kills())  # type: ignore[arg-type]
    assert attempt._few([*took]) == [*took][:asked]
    assert attempt._few([]) == []


def _cited_test_that_asserts_the_result_kills_every_mutant(planted: Planted) -> None:
    assert planted.outcomes("GOOD-01") == {"return None": "assertion", "return n - n": "assertion"}


def _test_that_calls_the_code_and_asserts_nothing_kills_nothing(planted: Planted) -> None:
    assert set(planted.outcomes("EMPTY-01").values()) == {"survived"}


NOT_GREEN = {
    ("RED-01", "always_fails"): "assertion: AssertionError: assert 8 == 9",
    ("WHERE-01", "shows_where"): (
        "assertion: AssertionError: assert dict_values([8]) == 9 + where dict_values([8]) = "
        "<built-in method values of dict object at <address>>()"
    ),
    ("SKIP-01", "is_skipped"): "skipped: it was skipped",
    ("SETUP-01", "set_up_fails_in_a_fork"): "setup error: AssertionError: this is another",
}


def _test_that_is_not_green_on_unbroken_code_takes_no_kill_and_says_why(
    planted: Planted,
) -> None:
    for (claim, test), said in NOT_GREEN.items():
        assert planted.record.red[f"tests/test_plants.py::test_{test}"].startswith(said)
        assert set(planted.outcomes(claim).values()) == {"not covered"}


def _whoever_killed_one_is_asked_first_about_the_next_of_the_same_function(
    planted: Planted,
) -> None:
    tried = [[trial.test[-12:] for trial in m.trials] for m in planted.mutants("FIRST-01")]
    assert sorted(tried, key=len)[-1] == ["calls_halves", "_sums_halves"]
    assert sum(map(len, tried)) == len(tried) + 1 > 4


def _case_that_killed_the_most_of_a_function_is_run_first(planted: Planted) -> None:
    # Each case would notice these, and most of what stands before them only the second.
    returned = [m for m in planted.mutants("CASE-01") if "return" in m.diff[-1]]
    assert len(returned) == 4
    assert ["of 9" in trial.message for m in returned for trial in m.trials] == [True] * 4


def _hang_is_a_kill_by_timeout_and_told_apart(planted: Planted) -> None:
    assert planted.outcomes("HANG-01")["pass"] == "timeout"
    late = [trial for mutant in planted.mutants("HANG-01") for trial in mutant.trials]
    # The deadline is measured, so another build has another one.
    assert "it did not end in time" in {trial.message for trial in late}


def _what_a_hang_leaves_behind_is_gone_for_the_next_mutant(planted: Planted) -> None:
    mutants = planted.mutants("LEFT-01")
    ends = {trial.outcome.value for each in mutants for trial in each.trials}
    assert "timeout" in ends
    # A crash would be the next one finding what the hanging one left.
    assert "crash" not in ends
    assert not planted.record.complaints


def _fork_that_dies_is_no_kill_and_says_so(planted: Planted) -> None:
    (died,) = (m for m in planted.mutants("DIES-01") if "if True" in m.diff[-1])
    assert planted.outcomes("DIES-01")[died.diff[-1].lstrip("+ ")] == "not tried"
    assert died.fresh
    assert died.why.startswith("in a process of its own: ")


def _symbol_that_cannot_be_patched_is_tried_in_a_fresh_process(planted: Planted) -> None:
    (mutant,) = planted.mutants("OUTER-01")
    assert mutant.fresh
    assert mutant.why == ""
    assert planted.outcomes("OUTER-01") == {"pass": "crash"}


def _decorated_and_cached_function_runs_the_mutant(planted: Planted) -> None:
    assert set(planted.outcomes("WRAP-01").values()) == {"assertion"}


def _decorator_that_went_shows_in_a_fork_where_it_wraps_and_else_in_a_fresh_process(
    planted: Planted,
) -> None:
    gone = "@(lambda it: it)"
    assert {claim: planted.outcomes(claim)[gone] for claim in ("TAKEN-01", "WRAP-01")} == {
        "TAKEN-01": "assertion",
        "WRAP-01": "assertion",
    }
    fresh = {
        claim: [m.fresh for m in planted.mutants(claim) if m.diff[-1].lstrip("+ ") == gone]
        for claim in ("TAKEN-01", "WRAP-01")
    }
    # Behind a cache nobody says in the customary way who wraps whom.
    assert fresh == {"TAKEN-01": [False], "WRAP-01": [True]}


def _methods_properties_and_generators_run_the_mutant(planted: Planted) -> None:
    assert set(planted.outcomes("KINDS-01").values()) <= {"assertion", "crash"}
    assert len(planted.mutants("KINDS-01")) > 5


def _code_that_ran_at_import_is_tried_where_it_runs_broken(planted: Planted) -> None:
    assert all(mutant.fresh for mutant in planted.mutants("LOAD-01"))
    assert set(planted.outcomes("LOAD-01").values()) == {"assertion"}


def _test_in_another_process_sees_the_broken_file(planted: Planted) -> None:
    assert set(planted.outcomes("PROC-01").values()) <= {"assertion", "crash"}


def _flaky_test_is_named_and_takes_no_kill(planted: Planted) -> None:
    test = "tests/test_plants.py::test_is_flaky"
    assert test in planted.record.red
    assert set(planted.outcomes("FLAKY-01").values()) == {"not covered"}


def _kills_and_survivors_are_run_again_in_fresh_processes_and_agree(planted: Planted) -> None:
    assert planted.record.audited >= 5
    assert planted.record.complaints == ()


def _what_lived_is_told_with_its_edit(planted: Planted) -> None:
    assert "EMPTY-01 0 of 2 killed  It holds." in planted.said
    assert any("which is not cited" in line for line in planted.said)
    assert any(line.startswith("        red on unbroken code: ") for line in planted.said)
