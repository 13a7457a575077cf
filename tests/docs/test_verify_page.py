"""The page for buyers says what the verifier does."""

from __future__ import annotations

import re

from evidence import verify
from evidence.gates import same_bytes
from tests.repo.planted import ROOT

PAGE = (ROOT / "site_src/verify.md").read_text("utf-8")


def test_page_lists_every_exit_code() -> None:
    rows = re.findall(r"^\| (\d+) \| ([a-z0-9-]+) \| (.+) \|$", PAGE, re.M)
    assert {int(code): (name, meaning) for code, name, meaning in rows} == {
        0: ("accepted", "every check held"),
        **verify.REASONS,
    }


def test_page_names_options_that_exist() -> None:
    known = verify.reasons_table() + str(verify._order(["bundle"]))
    for option in set(re.findall(r"`--([a-z-]+)", PAGE)):
        assert option.replace("-", "_") in known, option


def test_page_says_what_the_gate_compares() -> None:
    told = " ".join(PAGE.split())
    assert "its quick gates run, all claims judged, the whole site published" in told
    assert {"tests", "mypy", "lock", "stripe-cli"}.isdisjoint(same_bytes.QUICK)
    assert same_bytes.HERE.cores != same_bytes.ELSEWHERE.cores
    one, other = dict(same_bytes.HERE.environment), dict(same_bytes.ELSEWHERE.environment)
    for name in ("PYTHONHASHSEED", "TZ", "LC_ALL"):
        assert one[name] != other[name]
