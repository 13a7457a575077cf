"""The files of a small repository that holds every plant which the harness tells from others."""

from __future__ import annotations

CODE = """
import functools
import os
import subprocess
import sys


def double(n):
    return n + n


def countdown(n):
    while n:
        n -= 1
    return n


def careful(n):
    if n > 100:
        os._exit(3)
    return n


def halves(n):
    first = n // 2
    second = n - first
    return first, second


def capped(n):
    if n > 5:
        n = 5
    return n - 1


class Box:
    def __init__(self):
        self.held = []


class Counted(Box):
    def __init__(self):
        super().__init__()


def listed(function):
    @functools.wraps(function)
    def inner(n):
        return [function(n)]

    return inner


@listed
@functools.lru_cache
def squared(n):
    return n * n


@listed
def same(n):
    return n


class Price:
    def __init__(self, pennies):
        self.pennies = pennies

    @property
    def pounds(self):
        return self.pennies // 100

    @staticmethod
    def parts(n):
        for part in range(n):
            yield part + 1


def rate():
    return 20


RATE = rate()
HERE = os.getpid()


def elsewhere():
    script = "from till.plants import double; print(double(4))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    return int(done.stdout)
"""
TESTS = """
import os
from pathlib import Path

import pytest

from till import plants
from till.plants import Box, Counted, Price, capped, careful, countdown, double, elsewhere, halves
from till.plants import same, squared

COUNTER = Path(__file__).with_name("counter.txt")


@pytest.fixture
def same_process():
    assert os.getpid() == plants.HERE, "this is another process"


def test_double():
    assert double(4) == 8


def test_always_fails():
    assert double(4) == 9


def test_shows_where():
    assert {4: double(4)}.values() == 9


def test_is_skipped():
    pytest.skip("not today")


def test_set_up_fails_in_a_fork(same_process):
    assert double(4) == 8


def test_asserts_nothing():
    double(4)


def test_countdown():
    assert countdown(3) == 0


def test_calls_halves():
    halves(4)


def test_sums_halves():
    assert halves(5) == (2, 3)
    double(4)
    careful(4)
    countdown(3)


@pytest.mark.parametrize(("n", "left"), [(1, 0), (9, 4)])
def test_capped(n, left):
    assert capped(n) == left, f"of {n}"


def test_careful():
    assert careful(4) == 4


def test_counted():
    assert Counted().held == []


def test_leaves_something_when_it_is_cut_off():
    left = Path(os.environ["PLANTED_COUNTER"] + os.environ.get("PYTEST_XDIST_WORKER", "main"))
    left.touch(exist_ok=False)
    try:
        assert countdown(2) == 0
    finally:
        left.unlink()


def test_squared():
    assert squared(3) == [9]


def test_same():
    assert same(3) == [3]


def test_price():
    assert Price(200).pounds == Price(299).pounds == 2
    assert list(Price.parts(2)) == [1, 2]


def test_rate():
    assert plants.RATE == 20


def test_is_flaky(tmp_path_factory):
    file = Path(os.environ["PLANTED_COUNTER"])
    file.write_text(file.read_text() + "x")
    double(4)
    assert len(file.read_text()) < 2


def test_elsewhere():
    assert elsewhere() == 8
"""
CLAIMS = {
    "GOOD-01": ("double", "double"),
    "RED-01": ("double", "always_fails"),
    "WHERE-01": ("double", "shows_where"),
    "SKIP-01": ("double", "is_skipped"),
    "SETUP-01": ("double", "set_up_fails_in_a_fork"),
    "EMPTY-01": ("double", "asserts_nothing"),
    "FIRST-01": ("halves", "calls_halves', 'tests/test_plants.py::test_sums_halves"),
    "CASE-01": ("capped", "capped"),
    "HANG-01": ("countdown", "countdown"),
    "LEFT-01": ("countdown", "leaves_something_when_it_is_cut_off"),
    "DIES-01": ("careful", "careful"),
    "OUTER-01": ("Counted.__init__", "counted"),
    "WRAP-01": ("squared", "squared"),
    "TAKEN-01": ("same", "same"),
    "KINDS-01": ("Price", "price"),
    "LOAD-01": ("rate", "rate"),
    "FLAKY-01": ("double", "is_flaky"),
    "PROC-01": ("double", "elsewhere"),
}
