"""What was set up before anything was broken concerns whoever uses it."""

from __future__ import annotations

import pytest

from evidence.engine.falsify import known, plan
from tests.evidence.broken_again.story import led, prove
from tests.evidence.conftest import Stranger

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
    files = {
        "till/apart.py": APART,
        "till/memo.py": MEMO,
        "tests/conftest.py": SHARED,
        "tests/test_a.py": USES,
    }
    tests = {"owed": "tests/test_a.py::test_owed", "spare": "tests/test_a.py::test_quick"}
    commits = [led(copy, files, tests)]
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
    files = {
        "till/price.txt": "5\n",
        "tests/conftest.py": COUNTED,
        "tests/test_pays.py": PAYS,
    }
    first = led(copy, files, {"owed": "tests/test_pays.py::test_owed"})
    copy.replace("till/money.py", "return sum(prices)", "return 0 + sum(prices)")
    told = prove(copy)
    assert (told["owed"], told["total"]) == (first, "")
    second = copy.git("rev-parse", "HEAD")
    copy.write("till/price.txt", "6\n")
    told = prove(copy)
    assert (told["owed"], told["total"]) == ("", second)
