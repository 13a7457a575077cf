"""What was broken on purpose counts again where nothing changed that it went through."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from evidence.engine.cli import main
from evidence.engine.falsify import known, plan
from evidence.engine.falsify.record import read_falsified, write_falsified
from evidence.engine.project import load_project
from evidence.engine.register.reading import read_register
from evidence.engine.reuse import reuse_of
from evidence.engine.run import sealed
from tests.evidence.conftest import Stranger


def falsified(stranger: Stranger) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stranger.read(".local/evidence/results/falsified.json"))
    return found


def prove(stranger: Stranger) -> dict[str, str]:
    """By function the commit at which its mutants were tried, if that was an earlier one."""
    stranger.commit()
    assert main(["run", "--project", str(stranger.root), "--no-color"]) == 0
    return {mutant["unit"]: mutant["reused_from"] for mutant in falsified(stranger)["mutants"]}


def claim(stranger: Stranger, name: str, function: str, test: str) -> None:
    """One more, on a function of `till/money.py`."""
    told = f"{{id: {name}, says: It is so., code: [till/money.py::{function}], tests: [{test}]}}"
    path = "evidence/claims/till.yml"
    stranger.write(path, stranger.read(path) + f"  - {told}\n")


@pytest.mark.slow
def test_one_function_changed_and_only_its_claims_are_broken_again(
    copy: Stranger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "share_of", lambda names, seed: [])
    first = copy.git("rev-parse", "HEAD")
    copy.replace("till/money.py", "return sum(prices)", "return 0 + sum(prices)")
    told = prove(copy)
    assert told["total"] == ""
    assert set(told.values()) == {first, ""}
    said = " ".join(capsys.readouterr().out.split())
    assert "anew commit, files changed, so the last run does not count as it is" in said
    assert "mutants and 0 patches of the run before, for nothing that they" in said
    assert "everything is broken again" not in said

    # A page that nobody opened matters to nobody.
    copy.replace("till/settings.py", "1000", "10")
    second = copy.git("rev-parse", "HEAD")
    told = prove(copy)
    assert set(told.values()) == {first, second}

    # What is set up before anything is tried matters to everything.
    copy.write("tests/conftest.py", "from till import settings  # noqa: F401\n")
    assert set(prove(copy).values()) == {""}
    copy.replace("till/settings.py", "10", "100")
    capsys.readouterr()
    assert set(prove(copy).values()) == {""}
    said = " ".join(capsys.readouterr().out.split())
    assert "anew what all trials share changed since the last run, so everything is broken" in said


LED = """

def owed(pennies):
    if pennies:
        return 1
    return spare()


def spare():
    rest = 2
    return rest
"""


@pytest.mark.slow
def test_what_only_a_mutant_goes_to_is_hung_on_too(
    copy: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "share_of", lambda names, seed: [])
    money = copy.root / "till/money.py"
    copy.write("till/money.py", money.read_text("utf-8") + LED)
    copy.write(
        "tests/test_led.py",
        "from till import money\n\ndef test_owed():\n    assert money.owed(5) == 1\n\n"
        "def test_spare():\n    assert money.spare()\n",
    )
    claim(copy, "TILL-04", "owed", "tests/test_led.py::test_owed")
    prove(copy)
    first = copy.git("rev-parse", "HEAD")
    copy.replace("till/money.py", "rest = 2", "rest = 1")
    told = prove(copy)
    assert told["owed"] == ""
    assert told["total"] == first


STARTS = """
import subprocess
import sys
from pathlib import Path

from till import money

PAGE = Path(money.__file__).with_name("page.txt")


def test_process():
    done = subprocess.run([sys.executable, "-c", "import till.apart"], check=True, env={})
    assert money.owed(5) == 1


def test_process_again():
    done = subprocess.run([sys.executable, "-c", "import till.apart"], check=True, env={})
    assert money.spare() == 2


def test_page():
    assert money.spare() == 2
    assert PAGE.read_text()
"""


@pytest.mark.slow
def test_what_a_trial_opened_is_hung_on_whoever_opened_it(
    copy: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Itself, or a process that it started."""
    monkeypatch.setattr(known, "share_of", lambda names, seed: [])
    copy.write("till/money.py", copy.read("till/money.py") + LED)
    copy.write("till/apart.py", "RATE = 1\n")
    copy.write("till/page.txt", "tea\n")
    copy.write("till/unread.txt", "tea\n")
    copy.write("tests/test_starts.py", STARTS)
    claim(copy, "TILL-04", "owed", "tests/test_starts.py::test_process")
    claim(copy, "TILL-05", "spare", "tests/test_starts.py::test_page")
    prove(copy)
    commits = [copy.git("rev-parse", "HEAD")]
    for path, was, becomes, anew in (
        ("till/apart.py", "1", "2", {"owed"}),
        ("till/page.txt", "tea", "milk", {"spare"}),
        ("till/unread.txt", "tea", "milk", set()),
    ):
        copy.replace(path, was, becomes)
        told = prove(copy)
        commits.append(copy.git("rev-parse", "HEAD"))
        assert {unit for unit, commit in told.items() if commit == ""} == anew
        assert set(told.values()) <= {*commits[:-1], ""}


APART = """
def asked_for():
    rate = 1
    return rate


def found_out():
    rate = 2
    return rate


def kept():
    rate = 3
    return rate


def closed():
    rate = 4
    return rate


def configured():
    rate = 5
    return rate


def always():
    rate = 6
    return rate


def never():
    rate = 7
    return rate
"""
MEMO = """
from till.apart import kept

_known = {}


def once():
    if "rate" not in _known:
        _known["rate"] = kept()
    return _known["rate"]
"""
SHARED = """
import os

import pytest

from till import apart

os.register_at_fork(after_in_child=apart.closed)


def pytest_configure():
    apart.configured()


@pytest.fixture(scope="session")
def asked_for():
    return apart.asked_for()


@pytest.fixture(scope="session")
def found_out():
    return apart.found_out()


@pytest.fixture(scope="session", autouse=True)
def always():
    return apart.always()


@pytest.fixture
def rate(request):
    return request.getfixturevalue("found_out")
"""
USES = """
from till import apart, memo, money


def test_quick(rate):
    assert memo.once() == 3
    # Whoever goes there again has no part in what was done before.
    assert apart.found_out() + apart.configured() == 7
    assert money.spare() == 2


def test_owed(asked_for, rate):
    assert memo.once() == 3
    assert money.owed(5) == 1
"""


@pytest.mark.slow
def test_what_was_done_before_anything_was_forked_concerns_whom_it_was_done_for(
    copy: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set up for those who ask for it, by name or as they go; and for all, by the code's own means,
    as a fork begins, as pytest does, or for whoever runs."""
    monkeypatch.setattr(known, "share_of", lambda names, seed: [])
    # However little it loads, one test runs to warm up, before its neighbour is forked.
    warm = ("tests/test_a.py::test_quick",)
    monkeypatch.setattr(plan.Recorded, "broadest", lambda self, tests: warm)
    copy.write("till/money.py", copy.read("till/money.py") + LED)
    copy.write("till/apart.py", APART)
    copy.write("till/memo.py", MEMO)
    copy.write("tests/conftest.py", SHARED)
    copy.write("tests/test_a.py", USES)
    claim(copy, "TILL-04", "owed", "tests/test_a.py::test_owed")
    claim(copy, "TILL-05", "spare", "tests/test_a.py::test_quick")
    prove(copy)
    commits = [copy.git("rev-parse", "HEAD")]
    uses, others = "owed", "total"
    for number in range(1, 8):
        copy.replace("till/apart.py", f"rate = {number}", f"rate = 0 + {number}")
        told = prove(copy)
        assert (told[uses] == "") is (number < 7)
        # What is set up for whoever asks for it is nothing to the others.
        assert (told[others] == "") is (2 < number < 7)
        assert {told[uses], told[others]} <= {"", *commits}
        commits.append(copy.git("rev-parse", "HEAD"))


COUNTED = """
import subprocess
import sys

import pytest

READS = "from pathlib import Path; print(Path('till/price.txt').read_text('utf-8'))"


@pytest.fixture(scope="session")
def price():
    asked = [sys.executable, "-c", READS]
    return int(subprocess.run(asked, check=True, capture_output=True).stdout)
"""
PAYS = """
from till import money


def test_owed(price):
    assert money.owed(price) == 1


def test_spare():
    assert money.spare() == 2
"""


@pytest.mark.slow
def test_what_a_process_of_a_sessions_fixture_opened_concerns_whoever_uses_it(
    copy: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what it did not open concerns them not, though somebody loaded it by then."""
    monkeypatch.setattr(known, "share_of", lambda names, seed: [])
    copy.write("till/money.py", copy.read("till/money.py") + LED)
    copy.write("till/price.txt", "5\n")
    copy.write("tests/conftest.py", COUNTED)
    copy.write("tests/test_pays.py", PAYS)
    claim(copy, "TILL-04", "owed", "tests/test_pays.py::test_owed")
    prove(copy)
    first = copy.git("rev-parse", "HEAD")
    copy.replace("till/money.py", "return sum(prices)", "return 0 + sum(prices)")
    told = prove(copy)
    assert (told["owed"], told["total"]) == (first, "")
    second = copy.git("rev-parse", "HEAD")
    copy.write("till/price.txt", "6\n")
    told = prove(copy)
    assert (told["owed"], told["total"]) == ("", second)


PRICED = """
from pathlib import Path

TILL = Path(__file__).parents[1] / "till"


def read(name):
    return (TILL / name).read_text("utf-8").split()


def test_price():
    assert read("price.txt") == ["5", *read("currency.txt")]
"""
FREE = """breaks: TILL-04
says: Tea is free.

--- a/till/price.txt
+++ b/till/price.txt
@@ -1 +1 @@
-5 pounds
+0 pounds
"""


@pytest.mark.slow
def test_a_patch_that_processes_of_their_own_tried_concerns_the_files_that_they_opened(
    copy: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "share_of", lambda names, seed: [])
    copy.write("till/price.txt", "5 pounds\n")
    copy.write("till/currency.txt", "pounds\n")
    copy.write("tests/test_price.py", PRICED)
    copy.write("evidence/sabotage/free.patch", FREE)
    told = (
        "{id: TILL-04, says: Tea has a price., code: [till/price.txt], "
        "tests: [tests/test_price.py::test_price], sabotage: [free]}"
    )
    path = "evidence/claims/till.yml"
    copy.write(path, copy.read(path) + f"  - {told}\n")

    def free() -> tuple[str, str]:
        prove(copy)
        (run,) = (each for each in falsified(copy)["patches"] if each["patch"] == "free")
        return run["outcome"], run["reused_from"]

    assert free() == ("assertion", "")
    first = copy.git("rev-parse", "HEAD")
    copy.replace("till/money.py", "return sum(prices)", "return 0 + sum(prices)")
    assert free() == ("assertion", first)
    copy.write("till/currency.txt", "pounds \n")
    assert free() == ("assertion", "")


def test_what_is_tried_all_the_same_and_comes_out_otherwise_fails_the_build(
    copy: Stranger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "share_of", lambda names, seed: list(names))
    monkeypatch.setattr(
        known, "_was_killed", lambda run: any("lied" in trial.message for trial in run.trials)
    )
    results = copy.root / ".local/evidence/results"
    found = read_falsified(results)
    assert found is not None
    lied = tuple(
        replace(run, trials=tuple(replace(trial, message="lied") for trial in run.trials))
        for run in found.mutants
    )
    write_falsified(results, replace(found, mutants=lied))
    project = load_project(copy.root)
    sealed.close(
        project, sealed.results_seal(project), reuse_of(project, read_register(project)).inputs
    )
    copy.replace("till/money.py", "return sum(prices)", "return 0 + sum(prices)")
    copy.commit()
    assert main(["run", "--project", str(copy.root), "--no-color"]) == 1
    assert "nothing that was reused counts; run with --no-cache" in " ".join(
        capsys.readouterr().out.split()
    )


def test_edited_record_of_what_was_broken_is_told_and_everything_broken_again(
    copy: Stranger, capsys: pytest.CaptureFixture[str]
) -> None:
    record = copy.root / ".local/evidence/results/falsified.json"
    record.write_text(record.read_text("utf-8").replace('"survived"', '"assertion"') + " ")
    copy.replace("till/money.py", "return sum(prices)", "return 0 + sum(prices)")
    told = prove(copy)
    assert set(told.values()) == {""}
    said = " ".join(capsys.readouterr().out.split())
    assert "falsified.json: was changed since it was written, so it does not count; ever" in said
