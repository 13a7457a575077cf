"""falsify.sabotage: every way in which a breakage can end, in one build of a stranger's project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from evidence.engine.falsify.model import Outcome, PatchRun
from evidence.engine.falsify.record import read_falsified
from evidence.engine.falsify.sabotage.stage import sabotage
from evidence.engine.falsify.sabotage.words import caught
from evidence.engine.project import Project, load_project
from evidence.engine.register.model import Register
from evidence.engine.register.reading import read_register
from evidence.engine.run.listener import Silent
from evidence.engine.run.model import GateStatus, Run
from evidence.engine.run.record import results_folder
from evidence.engine.run.session import run_gates
from tests.evidence.conftest import Stranger
from tests.evidence.falsify.sabotage.diffs import changed, new_file

CHANGE = "caught-by: tests/test_money.py::test_change_is_the_difference"
REFUSED = "caught-by: tests/test_money.py::test_too_little_is_refused"
GUARD = '    if paid < price:\n        raise ValueError("not enough")\n'
BACK = "    return paid - price\n"

# What is broken in till/money.py: the head of the patch, a passage, and what stands there instead.
IN_MONEY = {
    "pays-all-back": (CHANGE, BACK, "    return paid\n"),
    "breaks-at-once": (CHANGE, BACK, "    return paid.amount\n"),
    "lets-too-little": (REFUSED, GUARD, ""),
    "asserts-itself": (CHANGE, BACK, "    assert paid is None\n    return 0\n"),
    "nobody-minds": (REFUSED, BACK, "    return paid\n"),
    "no-module": (CHANGE, 'CURRENCY = "GBP"\n', "import no_such_thing\n"),
}


@dataclass(frozen=True)
class Build:
    """A project with something to break in every way, whose gates have run."""

    repository: Stranger
    before: str
    project: Project
    register: Register
    unbroken: Run


def patch(breaks: str, says: str, head: str, diff: str) -> str:
    return f"breaks: {breaks}\nsays: {says}\n{head}\n\n{diff}"


@pytest.fixture
def build(stranger: Stranger) -> Build:
    repository = stranger
    money = repository.read("till/money.py")
    broken = {
        name: (head, changed("till/money.py", money, money.replace(old, new)))
        for name, (head, old, new) in IN_MONEY.items()
    }
    broken["no-longer"] = (CHANGE, changed("till/money.py", "a = 1\n", "a = 2\n"))
    for name, (head, diff) in broken.items():
        text = patch("TILL-02", f"{name} is broken.", head, diff)
        repository.write(f"evidence/sabotage/{name}.patch", text.encode())
    repository.replace(
        "evidence/claims/till.yml",
        "critical: true\n",
        f"critical: true\n    sabotage: [{', '.join(broken)}]\n",
    )
    _add_a_red_test(repository)
    _add_controls(repository)
    repository.commit()
    # Not committed, and still part of what is copied.
    repository.replace("tests/test_money.py", "return Drawer()", "return Drawer()\n\n\nEURO = 1")
    before = state(repository)
    project = load_project(repository.root)
    register = read_register(project)
    return Build(
        repository, before, project, register, run_gates(project, register, None, Silent())
    )


def state(repository: Stranger) -> str:
    return "\n".join(
        repository.git(*words)
        for words in (("status", "--porcelain"), ("log", "--all"), ("worktree", "list"), ("tag",))
    )


def _add_a_red_test(repository: Stranger) -> None:
    repository.write("tests/test_red.py", "def test_red():\n    assert False\n")
    repository.write(
        "evidence/claims/red.yml",
        """
        area: Red
        claims:
          - id: RED-01
            says: A test that is red anyway catches nothing.
            code: [till/money.py::total]
            tests: [tests/test_red.py::test_red]
            sabotage: [red-anyway]
        """,
    )
    diff = "--- a/README.md\n+++ b/README.md\n@@ -1 +1 @@\n-# Till\n+# No till\n"
    repository.write(
        "evidence/sabotage/red-anyway.patch",
        patch("RED-01", "The title is wrong.", "", diff).encode(),
    )


def _add_controls(repository: Stranger) -> None:
    controls = {
        "imports": (
            "expect: No module named 'gone'",
            new_file("till/money/__init__.py", "import gone"),
        ),
        "wrong-reason": (
            "expect: No module named 'elsewhere'",
            new_file("till/money/__init__.py", "1 / 0"),
        ),
        "harmless": ("expect: anything", new_file("notes.txt", "nothing")),
        "committed": ("expect: a planted~~key", new_file("plan~~ted.txt", "a planted~~key")),
        "said-anyway": ("expect: nothing to find", new_file("planted.txt", "planted")),
        "tests": (
            "narrow: tests/test_planted.py\nexpect: planted on purpose",
            new_file(
                "tests/test_planted.py", "def test_fails():", '    assert 0, "planted on purpose"'
            ),
        ),
    }
    for name in ("rehearsed", "nobody-there"):
        head = f"narrow: --{name}\nexpect: planted here"
        controls[name] = (head, new_file("planted.md", "planted here"))
    text = repository.read("evidence/gates.yml").replace(
        "pytest: [tests]", "pytest: [-p, no:faulthandler, -n, '{cores}', tests]\n    control: tests"
    )
    text = text.replace("    timeout_s: 30", "    timeout_s: 30\n    control: imports")
    look = ["sh", "-c", "echo nothing to find; ! git grep -h planted -- '*.txt'"]
    # Nobody is there to ask; only the first has somebody who stands in.
    asks = ["sh", "-c", 'test "$0" = --rehearsed || exit 77; ! git grep -h planted -- "*.md"']
    gates = {
        "rehearsed": asks,
        "nobody-there": asks,
        "wrong-reason": ["{python}", "-c", "import till.money"],
        "harmless": ["{python}", "-c", "import till.money"],
        "committed": look,
        "said-anyway": look,
    }
    for name, run in gates.items():
        text += f"  - id: {name}\n    proves: It is so.\n    run: {run!r}\n    control: {name}\n"
    repository.write("evidence/gates.yml", text)
    for name, (head, diff) in controls.items():
        seam = "\nseam: ~~" if name == "committed" else ""
        repository.write(
            f"evidence/sabotage/{name}.patch",
            patch(f"gate {name}", "It is not so.", head + seam, diff),
        )


ENDS = {
    "pays-all-back": (Outcome.ASSERTION, ""),
    "lets-too-little": (Outcome.ASSERTION, ""),
    "breaks-at-once": (Outcome.CRASH, ""),
    "asserts-itself": (Outcome.CRASH, ""),
    "nobody-minds": (Outcome.SURVIVED, "test_too_little_is_refused passed all the same"),
    "no-module": (Outcome.SETUP_ERROR, "no test got as far as its own lines"),
    "no-longer": (Outcome.NOT_TRIED, "it no longer applies (patch failed: till/money.py:1"),
    "red-anyway": (Outcome.NOT_TRIED, "test_red failed on unbroken code"),
    "imports": (Outcome.RED, ""),
    "committed": (Outcome.RED, ""),
    "tests": (Outcome.NOT_TRIED, "gate tests failed on unbroken code"),
    "rehearsed": (Outcome.RED, ""),
    "nobody-there": (Outcome.NOT_TRIED, "gate nobody-there was not run on unbroken code"),
    "wrong-reason": (Outcome.SURVIVED, "its log does not hold \"No module named 'elsewhere'\""),
    "said-anyway": (Outcome.SURVIVED, "stands in the log of the unbroken gate too"),
    "harmless": (Outcome.SURVIVED, "the gate passed"),
}


@pytest.mark.slow
def test_each_breakage_ends_as_it_should(build: Build) -> None:
    """The breaking is the test's own, for claims cite it; so all that is seen of it stands here."""
    done = sabotage(build.project, build.register, build.unbroken, Silent())
    runs = done.runs

    assert done.complaints == ()
    assert read_falsified(results_folder(build.project)).patches == runs
    found = {each.patch: each for each in runs}
    assert {name: each.outcome for name, each in found.items()} == {
        name: outcome for name, (outcome, _) in ENDS.items()
    }
    for name, (_, why) in ENDS.items():
        assert why in found[name].why
        assert bool(why) == bool(found[name].why), found[name]
    assert state(build.repository) == build.before, "something is left in the project"
    assert not (build.project.work / "stage").exists()
    _shows_what_killed_it(found["pays-all-back"])
    assert any("No module named 'gone'" in line for line in found["imports"].log)
    # Nobody could be asked, so it was tried over what stands in.
    assert build.unbroken.gate("rehearsed").status is GateStatus.NOT_RUN
    assert "planted here" in found["rehearsed"].log
    _tells_what_was_not_caught(caught(runs))


def _shows_what_killed_it(run: PatchRun) -> None:
    assert run.target == "TILL-02"
    assert run.breaks == "pays-all-back is broken."
    assert run.killed_by == ("tests/test_money.py::test_change_is_the_difference[500-350-150]",)
    assert "assert 500 == 150" in run.log[1]
    assert "+    return paid" in run.diff


def _tells_what_was_not_caught(lines: Sequence[str]) -> None:
    assert lines[0] == (
        "16 broken on purpose: 2 caught by an assertion, 2 caught by a crash, "
        "3 caught by a red gate, 4 NOT CAUGHT, 1 only broke the set-up, 4 not tried"
    )
    assert (
        "  RED-01, patch red-anyway: not tried: tests/test_red.py::test_red failed on unbroken "
        "code in a copy of the project, so that it fails here shows nothing"
    ) in lines
    assert len(lines) == 10
