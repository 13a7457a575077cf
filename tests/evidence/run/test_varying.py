"""What differs between two runs of one commit is named in a log, and told in its head."""

from __future__ import annotations

import pytest

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


def test_log_of_a_gate_that_prints_seconds_is_the_same_twice(bench: Bench) -> None:
    script = "import time; print(f'ran in {time.time_ns() % 10 ** (time.time_ns() % 9)}.5s')"
    one = gate(script=script, varies=(SECONDS,))
    assert bench.run_one(one).sha256 == bench.run_one(one).sha256
    assert bench.output() == "ran in <seconds>s\n"
    assert bench.head()["varies"] == "<seconds> stands for what in ([0-9.]+)s finds"
    assert bench.head()["output"] == "18 bytes, read as UTF-8, 0 invalid bytes, 0 redacted"
