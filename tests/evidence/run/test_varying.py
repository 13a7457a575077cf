"""What differs between two runs of one commit is named in a log, and told in its head."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence.engine.register.model import Gate
from evidence.engine.run import gates
from evidence.engine.run.bench import Place
from evidence.engine.run.capture import Cleaner
from evidence.engine.run.model import GateStatus
from evidence.engine.run.places import Places
from evidence.engine.run.secrets import Canary, Redactor
from evidence.engine.run.varying import Varying
from tests.evidence.run.conftest import Bench, gate

SECONDS = ("<seconds>", r"in ([0-9.]+)s")


@pytest.mark.parametrize(
    ("written", "text", "shown"),
    [
        ([SECONDS], "ran in 0.2s\nand in 11.25s", "ran in <seconds>s\nand in <seconds>s"),
        ([("<port>", r":\d+")], "at ::1:80 and :443", "at :<port><port> and <port>"),
        ([("<a>", "x(y)?")], "x xy", "<a> x<a>"),
        ([("<space>", r"\s+")], "a b\nc", "a<space>b\nc"),
        ([], "in 1s", "in 1s"),
    ],
)
def test_each_finding_is_named_within_its_line(
    written: list[tuple[str, str]], text: str, shown: str
) -> None:
    assert Varying.of(written).replace(text) == shown


@pytest.mark.slow
def test_log_of_a_gate_that_prints_seconds_is_the_same_twice(bench: Bench) -> None:
    script = "import time; print(f'ran in {time.time_ns() % 10 ** (time.time_ns() % 9)}.5s')"
    one = gate(script=script, varies=(SECONDS,))
    assert bench.run_one(one).sha256 == bench.run_one(one).sha256
    assert bench.output() == "ran in <seconds>s\n"
    assert bench.head()["varies"] == "<seconds> stands for what in ([0-9.]+)s finds"
    assert bench.head()["output"] == "18 bytes, read as UTF-8, 0 invalid bytes, 0 redacted"


def test_what_varies_is_kept_as_it_was_printed_beside_the_log(bench: Bench) -> None:
    result = bench.run_one(gate(script="print('ran in 12.5s')", varies=(SECONDS,)))
    assert bench.output() == "ran in <seconds>s\n"
    assert bench.read(result.printed) == "ran in 12.5s\n"

    never = bench.run_one(gate(script="print('ran')", varies=(SECONDS,)))
    assert (bench.output(), never.printed) == ("ran\n", "")


@pytest.mark.parametrize(
    "one",
    [gate(), gate(pytest=("tests",)), gate(pytest=("tests",), varies=(SECONDS,))],
)
def test_one_capture_is_enough_where_the_log_shows_all_or_cases(one: Gate, tmp_path: Path) -> None:
    cleaner = Cleaner(Redactor.of(()), Places.of({}), Varying.of([SECONDS]))
    place = Place("it", tmp_path, {}, {}, Canary("planted"), cleaner, frozenset())
    assert gates._as_printed(one, place) is None


def test_secret_in_disguise_is_found_in_what_varies_too(bench: Bench) -> None:
    planted = "import os; print('in', *(v[::-1] for k, v in os.environ.items() if 'CANARY' in k))"
    one = gate(script=planted, varies=(("<rest>", "^in (.*)"),))
    result = bench.run_one(one)
    assert (result.status, result.printed) == (GateStatus.FAILED, "")
