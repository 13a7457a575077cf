"""What was broken on purpose counts again where no function or file changed that it went to."""

from __future__ import annotations

import pytest

from evidence.engine.falsify import known
from tests.evidence.broken_again.story import led, prove
from tests.evidence.conftest import Stranger


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
    copy.write("tests/conftest.py", "import till.settings\n")
    assert set(prove(copy).values()) == {""}
    copy.replace("till/settings.py", "10", "100")
    capsys.readouterr()
    assert set(prove(copy).values()) == {""}
    said = " ".join(capsys.readouterr().out.split())
    assert "anew what all trials share changed since the last run, so everything is broken" in said


@pytest.mark.slow
def test_what_only_a_mutant_goes_to_is_hung_on_too(
    copy: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "share_of", lambda names, seed: [])
    tests = (
        "from till import money\n\ndef test_owed():\n    assert money.owed(5) == 1\n\n"
        "def test_spare():\n    assert money.spare()\n"
    )
    first = led(copy, {"tests/test_led.py": tests}, {"owed": "tests/test_led.py::test_owed"})
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
    files = {
        "till/apart.py": "RATE = 1\n",
        "till/page.txt": "tea\n",
        "till/unread.txt": "tea\n",
        "tests/test_starts.py": STARTS,
    }
    process, page = "tests/test_starts.py::test_process", "tests/test_starts.py::test_page"
    commits = [led(copy, files, {"owed": process, "spare": page})]
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
