"""A patch counts again where no file changed that its trial opened."""

from __future__ import annotations

import pytest

from evidence.engine.falsify import known
from tests.evidence.broken_again.story import falsified, prove
from tests.evidence.conftest import Stranger

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
