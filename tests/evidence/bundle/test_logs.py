"""Cases that the logs of tests list, which the verifier compares with what claims say of them."""

from __future__ import annotations

import copy

import pytest

from evidence import verify
from evidence.engine.run.keep import Kept
from evidence.engine.run.listed import SAYS
from evidence.engine.run.log import RULE
from tests.evidence.bundle.claimed import claim

HEAD = f"gate      tests\nshows     {verify.LISTS}\n{RULE}\n"


def test_log_that_lists_cases_says_so_in_the_words_that_are_looked_for() -> None:
    assert verify.LISTS == SAYS


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (
            f"{HEAD}3 cases: 2 passed, 1 failed\n\npassed   a.py::t[1 x::y]\nfailed   a.py::t[2]\n"
            "         error    a.py::t\nxpassed  b c.py::T::t\n",
            {
                "cases: 2 passed, 1 failed": {"3"},
                "a.py::t": {"passed", "failed"},
                "b c.py::T::t": {"xpassed"},
            },
        ),
        (f"{HEAD}passed   a.py::t", {"a.py::t": {"passed"}}),
        (f"gate      tests\n{RULE}\npassed   a.py::t\n", {}),
        (f"gate      tests\n{RULE}\nshows     {verify.LISTS}\npassed   a.py::t\n", {}),
    ],
)
def test_cases_are_read_from_a_log_that_lists_them(log: str, expected: dict[str, set[str]]) -> None:
    assert verify._listing(log.encode()) == expected


def test_bytes_that_are_no_text_hide_no_case() -> None:
    log = f"{HEAD}failed   a.py::t\n         ".encode() + b"\xff\npassed   a.py::u\n"
    assert verify._listing(log) == {"a.py::t": {"failed"}, "a.py::u": {"passed"}}


def _cut_listing() -> dict[str, set[str]]:
    kept = Kept(40)
    for number in range(20):
        kept.add(f"passed   a.py::test_{number}\n".encode())
    return verify._listing(HEAD.encode() + kept.joined())


@pytest.mark.parametrize(
    ("outcome", "listings", "told"),
    [
        ("passed", [{"a.py::t": {"passed"}}], ""),
        ("passed", [{}, {"a.py::t": {"passed"}}], ""),
        ("passed", [{"a.py::t": {"skipped"}}, {"a.py::t": {"passed"}}], ""),
        ("passed", [{"a.py::t": {"passed"}}, {"a.py::t": {"failed"}}], "a log says failed"),
        ("passed", [{"a.py::t": {"passed", "error"}}], "a log says error"),
        ("passed", [{"a.py::t": {"error", "failed"}}], "a log says error"),
        ("passed", [{"a.py::t": {"passed", "skipped"}}], "no log lists it as passed"),
        ("passed", [{"a.py::u": {"passed"}}], "no log lists it as passed"),
        ("passed", [], "no log lists it as passed"),
        ("passed", [_cut_listing()], ""),
        ("passed", [_cut_listing(), {"a.py::t": {"failed"}}], "a log says failed"),
        ("failed", [{"a.py::t": {"failed"}}], ""),
        ("never ran", [], ""),
    ],
)
def test_test_that_is_called_passed_has_passed_by_the_logs(
    outcome: str, listings: list[dict[str, set[str]]], told: str
) -> None:
    first = {"id": "a.py::never", "outcome": "never ran"}
    made = claim(tests=[first, {"id": "a.py::t", "outcome": outcome}])
    before = copy.deepcopy(listings)
    if not told:
        verify._check_listed(made, listings)
    else:
        with pytest.raises(verify.Refused) as refused:
            verify._check_listed(made, listings)
        assert refused.value.name == "passed-contradicted"
        assert str(refused.value) == f"TILL-01: a.py::t: {told}"
    assert listings == before
