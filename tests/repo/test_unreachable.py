"""Gates that ask somebody elsewhere: what they say of who gave no answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from evidence.gates import vulnerabilities
from evidence.gates.advisories import advisories
from evidence.gates.unreachable import got_no_answer, why_not_fetched, why_unreachable
from evidence.gates.vulnerabilities import NoAnswer, ask, judge

# As a thing that is asked would be called; the gates' words must not name it.
HOST = "somewhere.example"
SLOW = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (
            f"requests.exceptions.SSLError: HTTPSConnectionPool(host='{HOST}', port=443): Max",
            "its certificate is not trusted on this machine",
        ),
        (
            f"npm error code SELF_SIGNED_CERT_IN_CHAIN npm error request to https://{HOST}/x",
            "its certificate is not trusted on this machine",
        ),
        (f"npm error code E404 npm error 404 Not Found - GET https://{HOST}/x", "it does not have"),
        (f"npm error code ENOTFOUND {HOST}", "its name is not known on this machine"),
        (f"npm error code ETIMEDOUT https://{HOST}", "it did not answer in time"),
        (f"requests.exceptions.ConnectionError: HTTPConnectionPool(host='{HOST}')", "it cannot be"),
        (f"Traceback: something else at https://{HOST}", "it gave no answer that can be read"),
        ("", "it gave no answer that can be read"),
    ],
)
def test_reason_is_plain_and_names_no_host(said: str, why: str) -> None:
    told = why_unreachable(said)

    assert told.startswith(why)
    assert HOST not in told


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (f"E: Failed to fetch http://{HOST}/x  Temporary failure resolving '{HOST}'", "its name"),
        (f"W: one\nE: Could not connect to {HOST}:80, connection timed out", "it did not answer"),
        ("E: You don't have enough free space in /var/cache/apt/archives/.", "E: You don't have"),
        (f"E: The repository 'http://{HOST} x' is odd", "E: The repository '<address> x' is odd"),
        ("", "it gave no answer that can be read"),
    ],
)
def test_fetch_that_failed_on_this_machine_says_what_the_tool_said(said: str, why: str) -> None:
    told = why_not_fetched(said)

    assert told.startswith(why)
    assert HOST not in told


NOT_THERE = "ERROR: Could not find a version that satisfies the requirement soap==1.0"


@pytest.mark.parametrize(
    "said",
    [
        f"cause: error sending request for url (https://{HOST}/x)\ncause: Connection refused",
        "cause: error decoding response body\ncause: error reading a body from connection",
        "cause: dns error\ncause: failed to lookup address information: Name or service not known",
        "cause: HTTP status server error (503 Service Unavailable)",
        f"WARNING: Retrying after connection broken by 'ReadTimeoutError(...)'\n{NOT_THERE}",
        "WARNING: Retrying after connection broken by 'SSLError(... certificate verify failed)'",
        f"dial tcp: lookup {HOST}: no such host",
        "toomanyrequests: You have reached your pull rate limit",
        f"An index (https://{HOST}/) returned a 403 Forbidden error.",
        f"E: Failed to fetch http://{HOST}/x  Temporary failure resolving '{HOST}'",
    ],
)
def test_fetch_that_nobody_answered_is_told_apart(said: str) -> None:
    assert got_no_answer(said)
    assert not got_no_answer(f"{said}\nerror: Hash mismatch for `soap==1.0`")


@pytest.mark.parametrize(
    "said",
    [
        NOT_THERE,
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
        "cause: Because there is no version of soap==1.0 and you require soap==1.0",
        "cause: Because soap was not found in the package registry",
        f"cause: Failed to fetch: `https://{HOST}/x`\nHTTP status client error (404 Not Found)",
        "OSError: [Errno 28] No space left on device",
        "",
    ],
)
def test_answer_that_is_wrong_is_an_answer(said: str) -> None:
    assert not got_no_answer(said)


def test_what_a_tool_said_at_length_is_cut() -> None:
    assert why_not_fetched("first line\n" + "x" * 150 + "y" * 100) == "x" * 100 + "y" * 100


@pytest.fixture
def lock(tmp_path: Path) -> str:
    """Two packages, pinned as the gate's lock is."""
    file = tmp_path / "lock.txt"
    file.write_text(f"soap==1.0 --hash=sha256:{'0' * 64}\nbrush==2.0 --hash=sha256:{'1' * 64}\n")
    return str(file)


def test_list_on_this_machine_answers_as_those_elsewhere(
    lock: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for known, code, last in (
        ({}, 0, "2 of 2 packages asked, 0 known"),
        ({"brush": "V-1"}, 1, "2 of 2 packages asked, 1 known"),
    ):
        with advisories(known) as address:
            told = ask("--vulnerability-service", "osv", "--osv-url", address, lock=lock)
        assert judge(told) == code
        assert last in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.slow
def test_list_that_is_not_there_is_told_without_its_address(lock: str) -> None:
    with advisories({}) as address:
        pass
    with pytest.raises(NoAnswer, match=r"^it cannot be reached$"):
        ask("--vulnerability-service", "osv", "--osv-url", address, lock=lock)


def test_list_that_takes_too_long_is_told(lock: str) -> None:
    with pytest.raises(NoAnswer, match=r"^it did not answer within 0 s$"):
        ask("--vulnerability-service", "osv", "--osv-url", SLOW, lock=lock, timeout_s=0.001)


def test_answer_is_read_and_what_is_none_says_why(
    lock: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[tuple[str, str]] = [
        ('{"dependencies": [{"name": "soap"}]}', ""),
        ("", "TimeoutError: read timed out"),
        ('{"message": "odd"}', "connection refused"),
    ]

    def run(argv: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        assert argv[1:] == [
            *("--requirement", lock, "--no-deps", "--disable-pip", "--format", "json"),
            *("--progress-spinner", "off", "--here"),
        ]
        assert options == {"capture_output": True, "text": True, "timeout": 150, "check": False}
        out, err = answers.pop(0)
        return subprocess.CompletedProcess(argv, 1, out, err)

    monkeypatch.setattr(subprocess, "run", run)
    assert ask("--here", lock=lock) == [{"name": "soap"}]
    for said in ("TimeoutError: read timed out", "connection refused"):
        with pytest.raises(NoAnswer) as none:
            ask("--here", lock=lock)
        assert str(none.value) == why_unreachable(said)


@pytest.mark.parametrize(("option", "asked"), [("--stand-in", True), ("", False)])
def test_stand_in_is_asked_only_when_it_is_named(
    option: str, asked: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wheres: list[tuple[str, ...]] = []

    def ask(*where: str) -> list[dict[str, object]]:
        wheres.append(where)
        return [{"name": "soap", "version": "1.0", "vulns": []}]

    monkeypatch.setattr(vulnerabilities, "ask", ask)
    monkeypatch.setattr(sys, "argv", ["vulnerabilities", *([option] if option else [])])

    assert vulnerabilities.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "vulnerabilities: 1 of 1 packages asked, 0 known"
    assert (len(lines) == 2) is asked
    if asked:
        assert lines[0].startswith("asked  a list on this machine that stands in")
        assert wheres[0][:3] == ("--vulnerability-service", "osv", "--osv-url")
        assert wheres[0][3].startswith("http://127.0.0.1:")
    else:
        assert wheres == [()]


def test_gate_that_could_ask_nobody_did_not_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nobody(*where: str) -> None:
        raise NoAnswer("it cannot be reached")

    monkeypatch.setattr(vulnerabilities, "ask", nobody)
    monkeypatch.setattr(sys, "argv", ["vulnerabilities"])

    assert vulnerabilities.main() == 77
    told = "not run: no list of known vulnerabilities could be asked: it cannot be reached\n"
    assert capsys.readouterr().out == told
