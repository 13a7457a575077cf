"""falsify.sabotage.forked: some of what forks caught is tried again, and has to be caught alike."""

from __future__ import annotations

from dataclasses import replace

from evidence.engine.falsify.model import Outcome, PatchRun
from evidence.engine.falsify.sabotage.forked import Forked, _choose
from evidence.engine.falsify.share import share_of
from evidence.engine.register.model import Area, Register
from tests.evidence.falsify.sabotage.forks import CLAIM


def caught(number: int, target: str = "TILL-01") -> dict[str, PatchRun]:
    names = [f"{target}-{each:02}" for each in range(number)]
    return {name: PatchRun(name, target, "It.", (), Outcome.ASSERTION) for name in names}


def critical(number: int) -> Register:
    claims = [replace(CLAIM, id=f"CRIT-{each:02}", critical=True) for each in range(number)]
    return Register(areas=(Area("Till", "", "till.yml", (*claims, CLAIM)),))


def chosen(register: Register, runs: dict[str, PatchRun], commit: str = "c" * 40) -> Forked:
    found = Forked(caught=dict(runs))
    _choose(found, register, commit)
    assert found.caught | found.checked == runs
    assert not found.caught.keys() & found.checked.keys()
    return found


def test_a_share_by_the_commit_is_checked() -> None:
    runs = caught(41)
    found = chosen(critical(3), runs)
    assert len(found.checked) == 3
    assert found.checked == chosen(critical(3), runs).checked
    assert found.checked != chosen(critical(3), runs, "d" * 40).checked
    assert chosen(critical(3), {}).checked == {}


def test_of_half_the_critical_claims_one_assertion_is_checked() -> None:
    runs = {name: run for each in range(20) for name, run in caught(2, f"CRIT-{each:02}").items()}
    found = chosen(critical(20), runs)
    claims = [run.target for run in found.checked.values()]
    names = {claim.id for claim in critical(20).claims if claim.critical}
    assert set(share_of(names, "c" * 40, 0.5)) <= set(claims)
    # Two of forty are the share of all.
    assert len(claims) <= 12
    crashed = {name: replace(run, outcome=Outcome.CRASH) for name, run in runs.items()}
    assert len(chosen(critical(20), crashed).checked) == 2


def test_what_is_checked_has_to_come_out_the_same() -> None:
    found = Forked(checked=caught(1))
    ((name, run),) = found.checked.items()
    assert found.disagreements({name: replace(run, killed_by=("another",))}) == []
    for outcome in (Outcome.SURVIVED, Outcome.CRASH, Outcome.TIMEOUT):
        assert found.disagreements({name: replace(run, outcome=outcome)}) == [
            f"Patch {name}: assertion in a fork, {outcome} in processes of its own."
        ]
    crashed = Forked(checked={name: replace(run, outcome=Outcome.CRASH)})
    assert len(crashed.disagreements({name: run})) == 1
