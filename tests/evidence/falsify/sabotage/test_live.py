"""`build_evidence.py sabotage`: what a reviewer sees of one breakage, and how it ends."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evidence.engine.cli import main
from evidence.engine.falsify.sabotage.live import Stage, chosen_patches, show
from evidence.engine.falsify.sabotage.stage import Ground
from evidence.engine.mistakes import CannotRun
from evidence.engine.register.model import Area, Patch, Register
from evidence.engine.run.model import GateStatus
from tests.evidence.conftest import Stranger
from tests.evidence.falsify.sabotage.diffs import changed, new_file
from tests.evidence.falsify.sabotage.lane import (
    CLAIM,
    CONTROL,
    FAILED,
    GATES,
    PASSED,
    PATCH,
    TEST,
    Pretended,
)

CAUGHT = "caught-by: tests/test_money.py::test_total_adds_up"


@pytest.fixture
def till(stranger: Stranger) -> Stranger:
    """A claim with a patch that is caught and one that nobody minds, a gate with a control."""
    money = stranger.read("till/money.py")
    broken = {
        "no-sum": money.replace("sum(prices)", "max(prices)"),
        "other-name": money.replace("costs", "is worth"),
    }
    for name, text in broken.items():
        head = f"breaks: TILL-01\nsays: {name} is broken.\n{CAUGHT}\n\n"
        patch = head + changed("till/money.py", money, text)
        stranger.write(f"evidence/sabotage/{name}.patch", patch.encode())
    control = "breaks: gate imports\nsays: It cannot be imported.\nexpect: No module named 'gone'\n"
    control += new_file("till/money/__init__.py", "import gone")
    stranger.write("evidence/sabotage/no-import.patch", control.encode())
    stranger.replace(
        "evidence/claims/till.yml",
        "gates: [tests]\n",
        "gates: [tests]\n    sabotage: [no-sum, other-name]\n",
    )
    stranger.replace("evidence/gates.yml", "timeout_s: 30", "timeout_s: 30\n    control: no-import")
    stranger.commit()
    return stranger


def told(till: Stranger, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str]]:
    code = main(["sabotage", "--project", str(till.root), *words])
    return code, [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_a_reviewer_sees_green_then_the_diff_then_red_then_green(till, capsys):
    code, lines = told(till, capsys, "no-sum")

    assert code == 0
    assert lines[:2] == [
        "TILL-01  A basket costs the sum of its prices.",
        "evidence/sabotage/no-sum.patch: no-sum is broken.",
    ]
    assert "    -    return sum(prices)" in lines
    green, red, whole = (
        next(number for number, line in enumerate(lines) if line.startswith(word))
        for word in ("unbroken", "broken", "restored")
    )
    assert lines[green] == "unbroken  green"
    assert lines[red] == "broken    red, caught by an assertion"
    assert "      assert 250 == 350" in lines[red:whole]
    assert lines[whole:] == ["restored  green", "1 of 1 broken promise caught, and whole again."]


def test_what_nobody_minds_is_told_and_ends_in_1(till, capsys):
    code, lines = told(till, capsys, "other-name")

    assert code == 1
    assert (
        "broken    NOT RED, NOT CAUGHT: tests/test_money.py::test_total_adds_up passed all the same"
    ) in lines
    assert lines[-1] == "0 of 1 broken promise caught, and whole again."


def test_a_gate_is_shown_like_a_claim(till, capsys):
    code, lines = told(till, capsys, "imports")

    assert code == 0
    assert lines[0] == "gate imports  The package imports without anything else installed."
    assert "broken    red, caught by a red gate" in lines
    assert any("No module named 'gone'" in line for line in lines)


def test_without_names_they_are_listed(till, capsys):
    code, lines = told(till, capsys)

    assert code == 0
    assert [line.split()[:2] for line in lines[:-1]] == [
        ["imports", "no-import"],
        ["TILL-01", "no-sum"],
        ["TILL-01", "other-name"],
    ]
    assert lines[-1] == "3 patches; none was applied."


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("TILL-11", "TILL-11: no claim, gate or patch is called so; did you mean TILL-01?"),
        ("TILL-02", "TILL-02: nothing is broken to test it; write a patch that does"),
    ],
)
def test_a_name_that_leads_nowhere_is_a_sentence(till, capsys, name, sentence):
    assert main(["sabotage", "--project", str(till.root), name]) == 2
    assert capsys.readouterr().err.strip() == sentence


def shown(pretended: Pretended, patch: Patch, *answers: GateStatus) -> tuple[bool, list[str]]:
    pretended.answers = [*answers]
    lane, said = pretended.lane(), []
    ground: Any = SimpleNamespace(register=lane.register, lane=lambda: nullcontext(lane))
    listener: Any = SimpleNamespace(progress=lambda *_: None)
    held = show(patch, Stage(cast(Ground, ground), said.append, listener))
    return held, said


RED = f"RED: {TEST} failed on unbroken code in a copy of the project"


@pytest.mark.parametrize(
    ("answers", "holds", "words"),
    [
        ((PASSED, FAILED, PASSED), True, ["green", "red", "green"]),
        ((FAILED, FAILED, PASSED), False, [RED, "red", "green"]),
        ((PASSED, FAILED, FAILED), False, ["green", "red", RED]),
    ],
)
def test_a_promise_holds_when_it_is_green_unbroken_red_broken_and_green_again(
    pretended: Pretended, answers: tuple[GateStatus, ...], holds: bool, words: list[str]
) -> None:
    before, broken, after = words

    assert shown(pretended, PATCH, *answers) == (
        holds,
        [
            "TILL-01  It adds.",
            "evidence/sabotage/adds-one.patch: It adds one.",
            "    -1",
            "    +2",
            f"unbroken  {before}",
            f"broken    {broken}, caught by an assertion",
            f"restored  {after}",
        ],
    )
    assert pretended.did == [
        *("ran adds-one_unbroken_0", "broke -1\n+2\n", "ran adds-one_0"),
        *("mended", "ran adds-one_restored_0"),
    ]


def test_what_nobody_minds_is_mended_and_not_run_again(pretended: Pretended) -> None:
    holds, said = shown(pretended, PATCH, PASSED, PASSED)
    assert holds is False
    assert said[-1] == f"broken    NOT RED, NOT CAUGHT: {TEST} passed all the same"
    assert pretended.did[-2:] == ["ran adds-one_0", "mended"]


def test_a_gate_is_compared_with_its_own_run_in_the_copy(pretended: Pretended) -> None:
    holds, said = shown(pretended, CONTROL, PASSED, FAILED, PASSED)
    assert holds
    assert said == [
        "gate imports  It can be imported.",
        "evidence/sabotage/adds-one.patch: It is gone.",
        "    -3",
        "unbroken  green",
        "broken    red, caught by a red gate",
        "    it is gone",
        "restored  green",
    ]
    assert [gate.id for gate in pretended.gates] == [
        *("no-import_unbroken", "no-import", "no-import_restored")
    ]


REGISTER = Register(
    areas=(Area("Till", "", "till.yml", (CLAIM,)),), gates=GATES, patches=(PATCH, CONTROL)
)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ([], [PATCH, CONTROL]),
        (["TILL-01"], [PATCH]),
        (["no-import"], [CONTROL]),
        (["imports", "adds-one", "TILL-01"], [CONTROL, PATCH]),
    ],
)
def test_patches_are_chosen_by_claim_gate_or_name(names: list[str], found: list[Patch]) -> None:
    assert chosen_patches(REGISTER, names) == tuple(found)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("TILL-1", "TILL-1: no claim, gate or patch is called so; did you mean TILL-01?"),
        ("import", "import: no claim, gate or patch is called so; did you mean imports?"),
        ("no-imports", "no-imports: no claim, gate or patch is called so; did you mean no-import?"),
        ("tests", "tests: nothing is broken to test it; write a patch that does"),
    ],
)
def test_no_patch_is_chosen_by_a_name_that_has_none(name: str, sentence: str) -> None:
    with pytest.raises(CannotRun) as refused:
        chosen_patches(REGISTER, ["TILL-01", name])
    assert str(refused.value) == sentence
