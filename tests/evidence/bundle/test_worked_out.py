"""What the verifier works out for itself, without a bundle around it."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from evidence import verify
from evidence.engine.run.keep import Kept
from evidence.engine.run.listed import SAYS
from evidence.engine.run.log import RULE

DIGEST = "a" * 64
GATES = {
    "tests": {"status": "passed", "control": "red", "log": "proof/tests.log"},
    "lint": {"status": "failed", "control": "red", "log": "proof/lint.log"},
    "docker": {"status": "not run", "control": "none", "log": "proof/docker.log"},
    "untried": {"status": "not run", "control": "none", "log": None},
}


def claim(**changes: Any) -> dict[str, Any]:
    """A critical claim that is met on four rungs and has no demo step."""
    made: dict[str, Any] = {
        "id": "TILL-01",
        "critical": True,
        "requirements": ["T1"],
        "status": "met",
        "rungs": {
            "linked": "yes",
            "passed": "yes",
            "executed": "yes",
            "falsified": "yes",
            "demonstrated": "n/a",
        },
        "code": [{"sha256": DIGEST, "lines": [3, 5], "executable": True}],
        "tests": [{"outcome": "passed", "executes": [4]}],
        "gates": ["tests"],
        "mutants": {
            "assertion": 3,
            "crash": 0,
            "timeout": 0,
            "untried": 0,
            "survived": [],
            "waived": [],
        },
        "sabotage": [{"patch": "p", "outcome": "assertion"}],
        "demo": None,
    }
    return {**made, **changes}


NO_KILLS: dict[str, Any] = {
    **claim()["mutants"],
    "assertion": 0,
}
ONE_WAIVED = {**NO_KILLS, "waived": [{"id": "m"}]}
UNRUN = [{"outcome": "passed", "executes": []}]
TWO_PASSAGES = [
    {"sha256": DIGEST, "lines": []},
    *claim()["code"],
    {"sha256": DIGEST, "lines": [9, 9]},
]


def rungs(**changes: str) -> dict[str, str]:
    return {**claim()["rungs"], **changes}


def reason(check: Callable[[], object]) -> str:
    """Why it is refused; empty when it is not."""
    try:
        check()
    except verify.Refused as refused:
        return refused.name
    return ""


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "met"),
        ({"rungs": rungs(executed="n/a", falsified="n/a")}, "met"),
        ({"rungs": rungs(falsified="no")}, "partly"),
        ({"rungs": rungs(falsified="not measured")}, "partly"),
        ({"rungs": rungs(demonstrated="no")}, "partly"),
        ({"rungs": rungs(executed="no")}, "partly"),
        ({"rungs": rungs(linked="no")}, "not"),
        ({"rungs": rungs(linked="no", passed="no"), "gates": ["docker"]}, "not"),
        ({"rungs": rungs(passed="no")}, "partly"),
        ({"rungs": rungs(passed="no"), "gates": ["docker"]}, "partly"),
        ({"rungs": rungs(passed="no"), "gates": ["docker", "tests"], "tests": []}, "partly"),
        ({"rungs": rungs(passed="no"), "gates": ["docker"], "tests": []}, "not"),
        ({"rungs": rungs(passed="no"), "gates": ["docker", "lint"]}, "not"),
        ({"rungs": rungs(passed="no"), "gates": ["gone"]}, "not"),
        ({"rungs": rungs(passed="no"), "gates": ["untried"]}, "not"),
        (
            {"rungs": rungs(passed="no"), "tests": [{"outcome": "failed", "executes": [4]}]},
            "not",
        ),
        (
            {"rungs": rungs(passed="no"), "tests": [{"outcome": "skipped", "executes": []}]},
            "not",
        ),
    ],
)
def test_status_follows_from_the_rungs(changes: dict[str, Any], status: str) -> None:
    assert verify._status(claim(**changes), GATES) == status


@pytest.mark.parametrize(
    ("statuses", "lacks", "expected"),
    [
        ((), {}, "not"),
        (("met",), {}, "met"),
        (("met", "met"), {}, "met"),
        (("met",), {"T1": "half of it"}, "partly"),
        (("met", "partly"), {}, "partly"),
        (("partly",), {}, "partly"),
        (("met", "not"), {}, "not"),
        (("met", "out"), {}, "met"),
        (("out",), {}, "not"),
    ],
)
def test_requirement_follows_from_its_claims(
    statuses: tuple[str, ...], lacks: dict[str, str], expected: str
) -> None:
    other = claim(requirements=["T2"], status="not")
    claims = [other, *(claim(status=status) for status in statuses)]
    for told in ("met", "partly", "not"):
        evidence = {"claims": claims, "lacks": lacks, "requirements": {"T1": told}}
        refused = "" if told == expected else "requirement-status"
        assert reason(partial(verify._check_requirements, evidence)) == refused


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"critical": False, "sabotage": []},
        {"critical": False, "sabotage": [{"patch": "p", "outcome": "crash"}]},
        {"sabotage": [{"outcome": "assertion"}, {"outcome": "timeout"}]},
        {"sabotage": [{"outcome": word} for word in ("assertion", "crash", "timeout")]},
        {"critical": False, "sabotage": [], "gates": []},
        {"critical": False, "mutants": NO_KILLS, "gates": []},
        {"critical": False, "mutants": NO_KILLS, "sabotage": [], "tests": []},
        {"critical": False, "mutants": ONE_WAIVED, "gates": []},
        {"critical": False, "mutants": {**ONE_WAIVED, "crash": 1}, "sabotage": []},
        {"critical": False, "mutants": {**ONE_WAIVED, "timeout": 1}, "sabotage": []},
        {"rungs": rungs(falsified="no"), "mutants": {}, "sabotage": []},
        {"rungs": rungs(falsified="not measured"), "gates": ["docker"], "sabotage": []},
        {
            "rungs": rungs(falsified="n/a"), "tests": [], "gates": [], "sabotage": [],
        },
    ],
)  # fmt: skip
def test_what_was_broken_on_purpose_fits(changes: dict[str, Any]) -> None:
    assert reason(lambda: verify._check_falsified(claim(**changes), GATES)) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"mutants": {**NO_KILLS, "assertion": 3, "survived": [{"id": "m"}]}},
        {"mutants": {**NO_KILLS, "assertion": 3, "untried": 1}},
        {"sabotage": []},
        {"sabotage": [{"outcome": "crash"}]},
        {"sabotage": [{"outcome": "assertion"}, {"outcome": "survived"}]},
        {"sabotage": [{"outcome": "assertion"}, {"outcome": "setup error"}]},
        {"gates": ["docker"]},
        {"gates": ["gone"]},
        {"critical": False, "mutants": NO_KILLS, "sabotage": []},
        {"critical": False, "mutants": NO_KILLS, "sabotage": [], "gates": []},
        {"critical": False, "mutants": ONE_WAIVED, "sabotage": []},
        {"critical": False, "mutants": ONE_WAIVED, "sabotage": [], "gates": []},
        {"critical": False, "mutants": NO_KILLS, "sabotage": [], "gates": [], "tests": []},
        {"rungs": rungs(falsified="n/a"), "gates": []},
        {"rungs": rungs(falsified="n/a"), "tests": []},
    ],
)
def test_what_was_not_broken_is_not_falsified(changes: dict[str, Any]) -> None:
    made = claim(**changes)
    assert reason(lambda: verify._check_falsified(made, GATES)) == "falsified-contradicted"


@pytest.mark.parametrize(
    ("changes", "is_refused"),
    [
        ({}, False),
        ({"tests": [{"executes": [4]}, {"executes": []}]}, True),
        ({"tests": []}, True),
        ({"tests": [{"executes": [3, 4, 5]}]}, False),
        ({"tests": [{"executes": [2, 4]}]}, True),
        ({"tests": [{"executes": [4, 6]}]}, True),
        ({"tests": [{"executes": [4]}, {"executes": [99999]}]}, True),
        ({"tests": [{"executes": [4, 9]}], "code": TWO_PASSAGES}, False),
        ({"tests": [{"executes": [4, 8]}], "code": TWO_PASSAGES}, True),
        ({"rungs": rungs(executed="no"), "tests": [{"executes": []}]}, False),
        ({"rungs": rungs(executed="no"), "tests": [{"executes": [6]}]}, True),
        ({"rungs": rungs(executed="n/a")}, True),
        ({"rungs": rungs(executed="n/a"), "tests": []}, False),
        ({"rungs": rungs(executed="n/a"), "code": [], "tests": UNRUN}, False),
        ({"rungs": rungs(executed="n/a"), "code": []}, True),
        ({"rungs": rungs(executed="n/a"), "code": [{"sha256": DIGEST}], "tests": UNRUN}, False),
        ({"rungs": rungs(executed="n/a"), "code": [{"sha256": ""}], "tests": UNRUN}, True),
    ],
)
def test_executed_follows_from_the_lines_that_ran(
    changes: dict[str, Any], is_refused: bool
) -> None:
    expected = "executed-contradicted" if is_refused else ""
    assert reason(lambda: verify._check_executed(claim(**changes))) == expected


@pytest.mark.parametrize(
    ("changes", "complaints", "is_refused"),
    [
        ({}, [], False),
        ({}, ["A fork lied."], True),
        ({"tests": []}, ["A fork lied."], False),
        ({"rungs": rungs(falsified="not measured")}, ["A fork lied."], False),
        ({"rungs": rungs(falsified="no")}, ["A fork lied."], False),
    ],
)
def test_what_a_distrusted_harness_broke_is_not_falsified(
    changes: dict[str, Any], complaints: list[str], is_refused: bool
) -> None:
    expected = "falsified-contradicted" if is_refused else ""
    assert reason(lambda: verify._check_harness(claim(**changes), complaints)) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("site/index.html", ""),
        ("site/.github/a b/caf\u00e9.html", ""),
        ("a" * 1024, ""),
        ("a" * 1025, "odd-name"),
        ("/etc/passwd", "absolute-path"),
        ("c:x", "absolute-path"),
        ("a/../b", "path-traversal"),
        ("..", "path-traversal"),
        ("a/./b", "odd-name"),
        ("a//b", "odd-name"),
        ("a ", "odd-name"),
        (" a", "odd-name"),
        ("a /b", ""),
        ("", "odd-name"),
        ("a\\b", "odd-name"),
        ("a\nb", "odd-name"),
        ("a\u200bb", "odd-name"),
        ("a\u2028b", "odd-name"),
        ("cafe\u0301", "unicode-collision"),
        ("a\udcffb", "name-not-utf8"),
    ],
)
def test_name_is_taken_as_written(name: str, expected: str) -> None:
    if expected:
        assert reason(lambda: verify._check_name(name)) == expected
    else:
        verify._check_name(name)


@pytest.mark.parametrize(
    ("size_bytes", "packed_bytes", "expected"),
    [
        (1024 * 1024, 1, False),
        (1024 * 1024 + 1, 4_194, True),
        (1024 * 1024 + 1, 4_195, False),
        (1_500_000, 6_000, False),
        (1_500_001, 6_000, True),
        (1_500_000, 1_500_000, False),
    ],
)
def test_bomb_unpacks_to_more_than_a_mebibyte_and_250_times_its_size(
    size_bytes: int, packed_bytes: int, expected: bool
) -> None:
    assert verify.is_bomb(size_bytes, packed_bytes) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{d}  a\n{d}  b c\n", {"a": DIGEST, "b c": DIGEST}),
        ("{d}  B\n{d}  a\n", {"B": DIGEST, "a": DIGEST}),
        ("{d}  a", "manifest-format"),
        ("{d} a\n", "manifest-format"),
        ("{d} *a\n", "manifest-format"),
        ("{d}  a \n", "manifest-format"),
        ("A{d}  a\n", "manifest-format"),
        ("\n", "manifest-format"),
        ("", "manifest-format"),
        ("{d}  b\n{d}  a\n", "manifest-order"),
        ("{d}  a\n{d}  a\n", "manifest-order"),
        ("{d}  MANIFEST.sha256\n", "manifest-scope"),
        ("{d}  MANIFEST.sha256.sig\n", "manifest-scope"),
        ("{d}  attestations/test-result.dsse.json\n", "manifest-scope"),
        ("{d}  site/volatile/this_run.html\n", "manifest-scope"),
    ],
)
def test_manifest_is_read_strictly(text: str, expected: dict[str, str] | str) -> None:
    data = text.replace("{d}", DIGEST).encode()
    if isinstance(expected, str):
        assert reason(lambda: verify._manifest(data)) == expected
    else:
        assert verify._manifest(data) == expected


def test_mistake_in_the_manifest_is_told_with_its_line() -> None:
    with pytest.raises(verify.Refused) as refused:
        verify._manifest(f"{DIGEST}  a\nodd\n".encode())
    assert str(refused.value) == "MANIFEST.sha256:2: 'odd'"
    with pytest.raises(verify.Refused, match="does not end with its last line"):
        verify._manifest(f"{DIGEST}  a".encode())


def test_what_is_signed_of_a_statement_is_dsse_s_own_example() -> None:
    assert verify.pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("data", "symbol", "lines", "expected"),
    [
        (b"a\nb\nc\nd\n", "f", [2, 3], _digest("b\nc\n")),
        (b"a\r\nb\rc\nd", "f", [2, 4], _digest("b\nc\nd\n")),
        (b"a\x0cb\nc\n", "f", [1, 1], _digest("a\x0cb\n")),
        (b"# coding: latin-1\n\xe9\n", "f", [2, 2], _digest("\u00e9\n")),
        (b"\xef\xbb\xbfa\nb\n", "f", [1, 1], _digest("a\n")),
        (b"a\nb\n", "", [1, 2], _digest("a\nb\n")),
        (b"a\nb\n", "f", [1, 2, 9], _digest("a\nb\n")),
        (
            b"# coding: latin-1\n\xe9\n",
            "",
            [1, 2],
            hashlib.sha256(b"# coding: latin-1\n\xe9\n").hexdigest(),
        ),
        (b"\xff\xfe\n", "", [1, 1], hashlib.sha256(b"\xff\xfe\n").hexdigest()),
    ],
)
def test_passage_is_told_by_its_lines(
    data: bytes, symbol: str, lines: list[int], expected: str
) -> None:
    assert verify._digest_of_lines(data, {"symbol": symbol, "lines": lines}) == expected


def test_each_file_is_asked_for_once_and_what_has_no_digest_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def committed(source: str, commit: str, path: str) -> bytes:
        asked.append(path)
        return b"a\nb\n"

    monkeypatch.setattr(verify, "_committed", committed)
    code = [
        {"path": "m.py", "symbol": "f", "lines": [line, line], "sha256": _digest(text)}
        for line, text in ((1, "a\n"), (2, "b\n"))
    ]
    dead = {"path": "gone.py", "symbol": "g", "lines": [], "sha256": ""}
    evidence = {"commit": "c0ffee", "claims": [{"code": [*code, dead]}]}
    assert verify._check_source(".", evidence).startswith("All 2 passages")
    assert asked == ["m.py"]

    code[1]["sha256"] = _digest("c\n")
    with pytest.raises(verify.Refused) as refused:
        verify._check_source(".", evidence)
    assert (refused.value.name, str(refused.value)) == ("code-differs", "m.py: lines 2 to 2")


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


def test_claim_made_here_is_one_that_every_check_takes() -> None:
    """So that the cases above differ from an honest claim in one thing only."""
    made = claim()
    before = copy.deepcopy(made)
    verify._check_executed(made)
    verify._check_falsified(made, GATES)
    verify._check_harness(made, [])
    assert verify._status(made, GATES) == made["status"]
    assert made == before
