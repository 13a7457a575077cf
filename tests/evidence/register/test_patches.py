"""What can be wrong in a patch or in who names it, by the whole sentence at its line."""

from __future__ import annotations

import pytest

from evidence.engine.project import load_project
from evidence.engine.register.hunks import stale
from evidence.engine.register.patches import touched
from evidence.engine.register.reading import read_register
from evidence.engine.source.check import check_register
from tests.evidence.register.patching import DIFF, HEAD, PATCH, cite, said


def test_a_patch_is_read_with_its_head_and_what_it_touches(stranger):
    cite(stranger)

    (patch,) = read_register(load_project(stranger.root)).patches

    assert (patch.name, patch.breaks, patch.is_control) == ("no-sum", "TILL-01", False)
    assert patch.says == "Prices are not added up."
    assert [link.text for link in patch.caught_by] == ["tests/test_money.py::test_total_adds_up"]
    assert patch.touches == ("till/money.py",)
    assert (patch.diff, patch.joined) == (DIFF, DIFF)
    assert str(patch.place) == f"{PATCH}:1"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "breaks: TILL-01\n",
            "",
            ":1  breaks: found none, expected the claim or gate that this breaks; add "
            "`breaks: REF-02` or `breaks: gate ruff`",
        ),
        (
            "says: Prices are\n  not added up.\n",
            "",
            ":1  says: found none, expected one sentence about what is broken; add it",
        ),
        (
            "says:",
            "say:",
            ':2  found "say", expected one of breaks, says, caught-by, expect, narrow, seam before '
            "the diff; did you mean says?",
        ),
        (
            "test_total_adds_up",
            "test_total_adds",
            ":4  caught-by tests/test_money.py::test_total_adds: not among the tests of TILL-01; "
            "did you mean tests/test_money.py::test_total_adds_up?",
        ),
        (
            "TILL-01",
            "TALL-99",
            ":1  breaks TALL-99: not found in claims/; name one that is there",
        ),
        (
            "TILL-01",
            "TILL-02",
            ":1  breaks claim TILL-02, which does not name it, so nothing would run it; add "
            "`sabotage: [no-sum]` there, or delete the patch",
        ),
        (
            "-    return sum(prices)\n+    return len(prices)\n",
            "",
            ":6  touches nothing: found no line that it adds or takes away, expected a diff; write "
            "one with `git diff`, or delete the file",
        ),
        (
            "+++ b/till/money.py",
            "+++ b/../money.py",
            ":7  ../money.py: found a path that leaves the project; mend it",
        ),
        (
            "says:",
            "expect: red\nsays:",
            ":2  expect: found in a patch that does not break a gate, expected none; delete it",
        ),
        (
            "says:",
            "seam: ++\nsays:",
            ':2  seam: found "++", expected two signs or more that no diff begins with, such as '
            "~~; change it",
        ),
    ],
)
def test_what_is_wrong_in_a_patch_is_told_at_its_line(stranger, old, new, sentence):
    text = HEAD + DIFF
    assert text.count(old) == 1
    cite(stranger, text.replace(old, new))

    sentences = said(stranger)
    assert f"{PATCH}{sentence}" in sentences
    assert not [each for each in sentences if "breaks : " in each]


def test_a_patch_that_is_no_text_is_told_and_the_others_are_read(stranger):
    cite(stranger)
    stranger.write("evidence/sabotage/zero.patch", b"\xff\n")

    (sentence,) = said(stranger)
    assert sentence.startswith("evidence/sabotage/zero.patch")
    assert "UTF-8" in sentence


def test_nobody_is_said_not_to_name_a_patch_while_a_file_of_claims_cannot_be_read(stranger):
    stranger.write(PATCH, (HEAD + DIFF).encode())
    stranger.write("evidence/claims/till.yml", b"claims: [\n")

    assert [sentence for sentence in said(stranger) if "no-sum" in sentence] == []


def test_a_patch_that_applies_has_nothing_against_it(stranger):
    assert stale(DIFF, stranger.root) == ""


@pytest.mark.parametrize(
    ("diff", "why"),
    [
        ("@@ ", ""),
        ("--- a/till/money.py\n@@ -4,3,1 +4 @@\n-x\n", ""),
        ('--- "a/x\\x"\n@@ -1 +1 @@\n-x\n', "x? is gone"),
        ("--- a/x\0\n@@ -1 +1 @@\n-x\n", "x\0 is gone"),
        (f"--- a/{'x' * 300}\n@@ -1 +1 @@\n-x\n", f"{'x' * 300} is gone"),
        ("--- a/till/money.py\n@@ -4 +4 @@\n-x\n-y\n", "till/money.py has other lines by now"),
    ],
)
def test_a_patch_that_is_no_diff_ends_in_no_traceback(stranger, diff, why):
    assert stale(diff, stranger.root) == why


def test_a_patch_that_nobody_names_is_told(stranger):
    stranger.write(PATCH, (HEAD + DIFF).encode())

    assert said(stranger) == [
        f"{PATCH}:1  breaks claim TILL-01, which does not name it, so nothing would run it; add "
        "`sabotage: [no-sum]` there, or delete the patch"
    ]


def test_a_control_that_is_not_there_is_told_at_the_gate(stranger):
    stranger.replace("evidence/gates.yml", "timeout_s: 60\n", "timeout_s: 60\n    control: gone\n")

    assert said(stranger) == [
        "evidence/gates.yml:6  tests control: sabotage/gone.patch not found; write it"
    ]


def test_a_patch_has_one_owner(stranger):
    cite(stranger)
    stranger.replace(
        "evidence/gates.yml", "timeout_s: 60\n", "timeout_s: 60\n    control: no-sum\n"
    )

    assert said(stranger) == [
        f"evidence/gates.yml:6  gate tests names no-sum, which says at {PATCH}:1 that it breaks "
        "claim TILL-01; expected one owner; write a patch of its own"
    ]


def test_a_control_says_what_the_log_has_to_hold(stranger):
    stranger.write(PATCH, ("breaks: gate tests\nsays: A test is red.\n\n" + DIFF).encode())
    stranger.replace(
        "evidence/gates.yml", "timeout_s: 60\n", "timeout_s: 60\n    control: no-sum\n"
    )

    assert said(stranger) == [
        f"{PATCH}:1  expect: found none, expected words of the gate's log that only this breakage "
        "brings; add them, so that red for another reason is no proof"
    ]


def test_a_claim_without_tests_cannot_have_a_patch(stranger):
    stranger.write(PATCH, ("breaks: TILL-03\nsays: It is gone.\n\n" + DIFF).encode())
    stranger.replace(
        "evidence/claims/till.yml",
        "gates: [imports]\n",
        "gates: [imports]\n    sabotage: [no-sum]\n",
    )

    assert said(stranger) == [
        f"{PATCH}:1  breaks TILL-03, which cites no test that could catch it; cite one, or make "
        "this the control of a gate that the claim rests on"
    ]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (
            "-    return sum(prices)",
            "-    return max(prices)",
            "till/money.py has other lines by now",
        ),
        ("a/till/money.py", "a/till/monei.py", "till/monei.py is gone"),
    ],
)
def test_a_patch_that_no_longer_applies_is_a_dead_link(stranger, old, new, why):
    cite(stranger, (HEAD + DIFF).replace(old, new))

    _, dead = check_register(load_project(stranger.root))

    assert [(str(mistake), mistake.fatal) for mistake in dead] == [
        (
            f"evidence/claims/till.yml:10  TILL-01 cites no-sum: {why}, so the patch no longer "
            "applies; make it anew with `git diff`",
            False,
        )
    ]


def test_a_control_that_no_longer_applies_is_told(stranger):
    diff = DIFF.replace("sum(", "max(")
    head = "breaks: gate tests\nsays: A test is red.\nexpect: red\n\n"
    stranger.write(PATCH, (head + diff).encode())
    stranger.replace(
        "evidence/gates.yml", "timeout_s: 60\n", "timeout_s: 60\n    control: no-sum\n"
    )

    _, dead = check_register(load_project(stranger.root))

    assert [str(mistake) for mistake in dead] == [
        f"{PATCH}:1  tests control no-sum: till/money.py has other lines by now, so the patch no "
        "longer applies; make it anew with `git diff`"
    ]


def test_names_that_git_quotes_are_read_as_they_are():
    diff = '--- /dev/null\n+++ "b/pl\\141n \\303\\251t\\303\\251.md"\n@@ -0,0 +1 @@\n+x\n'

    assert touched(diff) == ("plan été.md",)
