"""falsify.known: results count again while what they hang on is the same; some are checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from evidence.engine.falsify.known import NOTHING, Before, Known, disagreements, patches_disagree
from evidence.engine.falsify.model import Falsification, MutantRun, Outcome, PatchRun, Trial
from evidence.engine.falsify.mutants import Mutant, mutants_of
from evidence.engine.falsify.plan import Target
from evidence.engine.falsify.trace import NOTHING as NOWHERE
from evidence.engine.falsify.trace import Shared, Trace
from evidence.engine.mistakes import Place
from evidence.engine.register.model import Patch

TEST, OTHER = "tests/test_till.py::test_charged", "tests/test_till.py::test_other"
KILLED, LIVED = Trial(TEST, Outcome.ASSERTION), Trial(TEST, Outcome.SURVIVED)
HERE, THERE = "b" * 40, "a" * 40
SOURCES = [f"def f{n}(a):\n    return a + {n}\n" for n in range(30)]


def targets(number: int, tests: frozenset[str] = frozenset({TEST})) -> list[Target]:
    found = mutants_of(path="till.py", source=SOURCES[number], name=f"f{number}")
    return [Target(each, {"TILL-01": tests}, {}, ("-old", "+new"), (2, 2)) for each in found]


def run_of(mutant: Mutant, trial: Trial = KILLED, **changes: Any) -> MutantRun:
    told = (mutant.id, mutant.path, mutant.unit, 99, mutant.operator.value, mutant.symbol)
    return MutantRun(*told, diff=("-earlier",), trials=(trial,), **changes)


UNITS = {f"till.py::f{number}": targets(number) for number in range(30)}
PATCHES = {
    f"patch-{number}": (
        Patch(f"patch-{number}", Place("p"), "TILL-01", False, "It.", f"+{number}", ("till.py",)),
        (TEST,),
    )
    for number in range(30)
}


SHARED = Shared(Trace(files=frozenset({"conftest.py"})), frozenset({"till.py::charged"}))
WENT = Trace(frozenset({"till.py::charged"}))


@dataclass(frozen=True)
class Now:
    """Digests of everything that trials hang on, as they are in this run."""

    shared: str = "shared"
    tests: str = "tests"
    everything: str = "all"

    def of_shared(self, shared: Shared) -> str:
        return f"{self.shared} of {sorted(shared.noted)}" if shared.trace else self.everything

    def of(self, tests: Iterable[str], trace: Trace | None) -> str:
        if trace is None:
            return self.everything
        return f"{self.tests} of {sorted(tests)} by {sorted(trace.functions)}"


def known(now: Now, record: Falsification | None, till: str = "digest") -> Known:
    before = Before(record, THERE) if record else NOTHING
    return Known(cast(Any, now), {"till.py": till}, HERE, before)


def recorded(went: Trace | None = WENT, **changes: Any) -> Falsification:
    """What a run found out that tried everything, where all trials went the same way."""
    first = known(Now(), None)
    first.shares(SHARED)
    keys = {name: first.of_function(each, went) for name, each in UNITS.items()}
    keys |= {name: first.of_patch(*each, went) for name, each in PATCHES.items()}
    mutants = tuple(run_of(t.mutant) for each in UNITS.values() for t in each)
    patches = tuple(PatchRun(name, "TILL-01", "It.", (), Outcome.ASSERTION) for name in PATCHES)
    traces = dict.fromkeys(keys, went)
    found = Falsification({}, mutants=mutants, patches=patches, keys=keys, traces=traces)
    return replace(found, **{**first.recorded(), **changes})


def test_most_counts_again_and_a_share_is_tried_all_the_same() -> None:
    here = known(Now(), recorded())
    again, checked = here.functions(UNITS)
    names = {f"{run.path}::{run.unit}" for run in checked.values()}
    assert len(names) == 2
    assert {run.unit for run in again.values()} == {f"f{n}" for n in range(30)} - {
        run.unit for run in checked.values()
    }
    assert len(again) + len(checked) == sum(map(len, UNITS.values()))
    assert here.mutants_again == len(again)
    kept, tried = here.patches(PATCHES)
    assert (len(kept), len(tried), here.patches_again) == (28, 2, 28)
    assert kept.keys() | tried.keys() == PATCHES.keys()


def test_the_share_is_chosen_by_the_commit() -> None:
    first, second = (known(Now(), recorded()).functions(UNITS)[1] for _ in range(2))
    assert first == second
    other = Known(cast(Any, Now()), {"till.py": "digest"}, "c" * 40, Before(recorded(), THERE))
    assert other.functions(UNITS)[1] != first


def test_what_counts_again_says_of_which_commit_and_stands_on_its_lines_of_now() -> None:
    again, _ = known(Now(), recorded()).functions(UNITS)
    run = next(iter(again.values()))
    assert (run.reused_from, run.line, run.diff) == (THERE, 2, ("-old", "+new"))
    assert run.trials == (KILLED,)

    older = tuple(replace(each, reused_from="0" * 40) for each in recorded().mutants)
    again, _ = known(Now(), recorded(mutants=older)).functions(UNITS)
    assert {each.reused_from for each in again.values()} == {"0" * 40}

    same = tuple(replace(each, reused_from=HERE) for each in recorded().mutants)
    again, _ = known(Now(), recorded(mutants=same)).functions(UNITS)
    assert {each.reused_from for each in again.values()} == {""}
    patches, _ = known(Now(), recorded()).patches(PATCHES)
    assert {(each.reused_from, each.breaks) for each in patches.values()} == {(THERE, "It.")}
    said = {name: (replace(each, says="That."), tests) for name, (each, tests) in PATCHES.items()}
    patches, _ = known(Now(), recorded()).patches(said)
    assert {(each.reused_from, each.breaks) for each in patches.values()} == {(THERE, "That.")}


@pytest.mark.parametrize(
    ("changed", "found", "refused"),
    [
        pytest.param({"shared": "another"}, {}, "what all trials share", id="what all share"),
        pytest.param({"tests": "another"}, {}, "", id="where its test went"),
        pytest.param(
            {},
            {"complaints": ("It lied.",)},
            "the harness of the last run",
            id="harness not trusted",
        ),
        pytest.param({"everything": "b"}, {"went": None}, "", id="went nobody knows where"),
        pytest.param({}, {"shared_key": "another"}, "what all trials share", id="shared otherwise"),
        pytest.param({}, {"traces": {}}, "", id="no traces"),
        pytest.param({}, None, "", id="nothing before"),
        pytest.param({}, {"keys": {}}, "", id="no keys"),
    ],
)
def test_nothing_counts_again_once_something_changed(
    changed: dict[str, str], found: dict[str, Any] | None, refused: str
) -> None:
    here = known(Now(**changed), None if found is None else recorded(**found))
    assert here.functions(UNITS) == ({}, {})
    assert here.patches(PATCHES) == ({}, {})
    assert (here.mutants_again, here.patches_again) == (0, 0)
    assert here.refused.partition(" c")[0] == refused
    assert here.shared == (Shared() if refused or found is None else SHARED)


def test_other_mutants_or_other_tests_are_tried() -> None:
    units = {
        "till.py::f0": targets(0)[1:],
        "till.py::f1": targets(1, frozenset({TEST, OTHER})),
        "till.py::f2": targets(2),
    }
    again, checked = known(Now(), recorded()).functions(units)
    assert {run.unit for run in (again | checked).values()} == {"f2"}
    lacking = tuple(run for run in recorded().mutants if run.unit != "f2")
    assert known(Now(), recorded(mutants=lacking)).functions(units) == ({}, {})


def test_a_patch_hangs_on_the_files_that_it_edits_and_on_what_it_says() -> None:
    assert known(Now(), recorded(), till="edited").patches(PATCHES) == ({}, {})
    (name, (patch, tests)) = next(iter(PATCHES.items()))
    for other in (replace(patch, diff="+other"), replace(patch, breaks="TILL-02")):
        assert known(Now(), recorded()).patches({name: (other, tests)}) == ({}, {})
    assert known(Now(), recorded()).patches({name: (patch, (TEST, OTHER))}) == ({}, {})
    assert known(Now(), recorded(patches=None)).patches(PATCHES) == ({}, {})


def test_what_is_broken_hangs_on_where_it_led() -> None:
    here, elsewhere = known(Now(), None), Trace(frozenset({"till.py::spare"}))
    keys = [here.of_function(targets(0), trace) for trace in (NOWHERE, elsewhere, None)]
    assert len(set(keys)) == 3
    patch, tests = PATCHES["patch-0"]
    keys = [here.of_patch(patch, tests, trace) for trace in (NOWHERE, elsewhere, None)]
    assert len(set(keys)) == 3

    # A record that tells of another way than its keys were made of is of no use.
    led: dict[str, Trace | None] = dict.fromkeys([*UNITS, *PATCHES], elsewhere)
    led |= {"till.py::f0": WENT, "patch-0": WENT}
    other = known(Now(), recorded(traces=led))
    again, checked = other.functions(UNITS)
    assert {run.unit for run in (again | checked).values()} == {"f0"}
    again, checked = other.patches(PATCHES)
    assert (again | checked).keys() == {"patch-0"}


def test_what_went_nobody_knows_where_counts_while_no_file_changed() -> None:
    here = known(Now(shared="shared", tests="another"), recorded(went=None))
    again, checked = here.functions(UNITS)
    assert len(again) + len(checked) == sum(map(len, UNITS.values()))


def test_who_runs_the_lines_decides_who_has_a_turn() -> None:
    here, [first, *rest] = known(Now(), None), targets(0)
    runs = replace(first, cases={TEST: (f"{TEST}[1]",)})
    assert here.of_function([first, *rest], WENT) != here.of_function([runs, *rest], WENT)


def test_what_counts_again_shares_what_it_shared_then_and_what_this_run_adds() -> None:
    here = known(Now(), recorded())
    assert here.shared == SHARED
    more = Shared(Trace(files=frozenset({"pages.py"})), frozenset({"pages.py::f"}))
    here.shares(more)
    said = here.recorded()
    assert said["shared"] == SHARED | more
    assert said["shared_key"] == "shared of ['pages.py::f', 'till.py::charged']"
    assert known(Now(shared="another"), recorded()).shared == Shared()


def test_what_came_out_otherwise_is_told() -> None:
    (mutant, *_) = (each.mutant for each in targets(0))
    killed, lived = {mutant.id: run_of(mutant)}, {mutant.id: run_of(mutant, LIVED)}
    assert disagreements(killed, killed) == disagreements(killed, {}) == []
    (told,) = disagreements(killed, lived)
    assert told == (
        f"till.py:99 None returned ({mutant.id}) was killed in the run before and survives "
        "now, although nothing changed that is known to matter: nothing that was reused counts; "
        "run with --no-cache."
    )
    (told,) = disagreements(lived, killed)
    assert "survived in the run before and is killed now" in told


def test_a_patch_that_came_out_otherwise_is_told() -> None:
    caught = {"sold-twice": PatchRun("sold-twice", "TILL-01", "It.", (), Outcome.ASSERTION)}
    missed = {"sold-twice": PatchRun("sold-twice", "TILL-01", "It.", (), Outcome.SURVIVED)}
    assert patches_disagree(caught, caught) == patches_disagree(caught, {}) == []
    (told,) = patches_disagree(caught, missed)
    assert told.startswith("patch sold-twice was killed in the run before and survives now")


def test_what_could_not_be_tried_again_is_not_told_as_a_survivor() -> None:
    (mutant, *_) = (each.mutant for each in targets(0))
    killed, untried = {mutant.id: run_of(mutant)}, {mutant.id: run_of(mutant, LIVED, why="it died")}
    assert disagreements(killed, untried) == [
        f"till.py:99 None returned ({mutant.id}) was killed in the run before and could not be "
        "tried now (it died), so that nobody knows whether what was reused still holds: none of "
        "it counts; run with --no-cache."
    ]
    assert disagreements(untried, untried) == []
    (told,) = disagreements(untried, killed)
    assert "survived in the run before and is killed now" in told


def test_a_patch_that_could_not_be_tried_again_is_not_told_as_a_survivor() -> None:
    killed = PatchRun("sold-twice", "TILL-01", "It.", (), Outcome.ASSERTION)
    caught = {"sold-twice": killed}
    untried = {"sold-twice": replace(killed, outcome=Outcome.NOT_TRIED, why="no database")}
    lived = {"sold-twice": replace(killed, outcome=Outcome.SURVIVED, why="all passed")}
    (told,) = patches_disagree(caught, untried)
    assert told.startswith(
        "patch sold-twice was killed in the run before and could not be tried now (no database)"
    )
    (told,) = patches_disagree(caught, lived)
    assert "survives now" in told
