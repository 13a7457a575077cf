"""The whole engine on a stranger's repository: what a person types, sees and gets."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

import build_evidence
from evidence.engine.cli import main
from evidence.engine.judge.verdict import judge
from evidence.engine.project import load_project
from evidence.engine.publish.evidence_json import evidence_json
from evidence.engine.register.reading import read_register
from evidence.engine.run.record import read_run
from tests.evidence.conftest import Stranger

SCRIPT = Path(build_evidence.__file__)
CLAIMS = "evidence/claims/till.yml"
MONEY = "till/money.py"


def _engine(stranger, *arguments):
    """What the command line returns, typed in the stranger's repository."""
    return main([*arguments, "--project", str(stranger.root), "--no-color"])


def _found(stranger):
    """What evidence.json would say of the recorded run, without the time a site takes."""
    project = load_project(stranger.root)
    register, run = read_register(project), read_run(project)
    return evidence_json(project, register, run, judge(project, register, run))


def _published(stranger):
    return json.loads((stranger.root / "build" / "site" / "evidence.json").read_bytes())


def _statuses(evidence):
    return {claim["id"]: claim["status"] for claim in evidence["claims"]}


def _claim(evidence, claim_id):
    return next(claim for claim in evidence["claims"] if claim["id"] == claim_id)


@pytest.fixture(autouse=True)
def _no_colours_left_behind(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture(scope="module")
def built(first_stranger, tmp_path_factory):
    """A healthy stranger's repository after one whole build. Not to be changed."""
    root = tmp_path_factory.mktemp("built") / "till"
    repository = Stranger(shutil.copytree(first_stranger.root, root))
    assert _engine(repository) == 0
    return repository


def test_build_gives_a_site_and_valid_evidence(built):
    site = built.root / "build" / "site"
    evidence = _published(built)
    schema = json.loads((site / "evidence.schema.json").read_bytes())

    jsonschema.Draft202012Validator(schema).validate(evidence)
    assert (site / "index.html").is_file()
    assert evidence["commit"] == built.git("rev-parse", "HEAD")
    assert evidence["dirty"] is False
    assert _statuses(evidence) == {
        "TILL-01": "partly",
        "TILL-02": "partly",
        "TILL-03": "partly",
        "cards": "out",
    }
    assert evidence["requirements"] == {"T1": "partly", "T2": "partly", "T3": "partly", "T4": "not"}


def test_build_leaves_the_repository_clean(built):
    assert built.git("status", "--porcelain") == ""


def test_executed_lines_are_those_that_the_test_really_ran(built):
    lines = built.read(MONEY).splitlines()
    tests = {test["id"]: test for test in _claim(_published(built), "TILL-02")["tests"]}

    def ran(test):
        return [
            lines[line - 1].strip() for line in tests[f"tests/test_money.py::{test}"]["executes"]
        ]

    assert ran("test_change_is_the_difference") == ["if paid < price:", "return paid - price"]
    assert ran("test_too_little_is_refused") == [
        "if paid < price:",
        'raise ValueError("not enough")',
    ]
    assert ran("TestDrawer::test_holds_what_was_put") == [
        "self.held += pennies",
        "return self.held",
    ]


def test_every_log_is_published_with_its_digest(built):
    for gate in _published(built)["gates"]:
        log = (built.root / "build" / "site" / gate["log"]).read_bytes()

        assert hashlib.sha256(log).hexdigest() == gate["sha256"]
        assert gate["status"] == "passed"


def test_no_file_of_the_site_names_this_machine(built):
    secretive = str(built.root).encode()
    naming = [
        path
        for path in (built.root / "build" / "site").rglob("*")
        if path.is_file() and secretive in path.read_bytes()
    ]

    assert naming == []


@pytest.mark.slow
def test_broken_code_turns_exactly_its_claim_and_stale_results_are_refused(stranger, capsys):
    stranger.replace(MONEY, "return sum(prices)", "return sum(prices) + 1")
    stranger.commit("Round up")

    assert _engine(stranger) == 1

    said = capsys.readouterr().out
    evidence = _published(stranger)
    assert _statuses(evidence) == {
        "TILL-01": "not",
        "TILL-02": "partly",
        "TILL-03": "partly",
        "cards": "out",
    }
    assert _claim(evidence, "TILL-01")["reasons"][0].startswith(
        "tests/test_money.py::test_total_adds_up failed in gate tests: tests/test_money.py:12: "
    )
    assert evidence["requirements"]["T1"] == "not"
    assert "TILL-01 not met" in said
    front = (stranger.root / "build" / "site" / "index.html").read_text(encoding="utf-8")
    assert "TILL-01" in front

    stranger.replace(MONEY, "return sum(prices) + 1", "return sum(prices)")
    assert _engine(stranger, "site") == 2
    assert "files changed since; run the gates again" in capsys.readouterr().err
    assert _published(stranger) == evidence


@pytest.mark.slow
def test_edited_results_are_not_published(stranger, capsys):
    assert _engine(stranger, "run") == 0
    record = stranger.root / ".local/evidence/results/run.json"
    record.write_text(record.read_text("utf-8").replace('"passed"', '"failed"', 1), "utf-8")
    capsys.readouterr()

    assert _engine(stranger, "site") == 2

    said = capsys.readouterr().err
    assert "results/run.json: was changed since it was written, so it does not count" in said
    assert not (stranger.root / "build").exists()


def test_dead_link_is_told_first_and_its_claim_alone_is_not_met(stranger, capsys):
    stranger.replace(CLAIMS, "till/money.py::total", "till/money.py::totl")

    assert _engine(stranger, "run") == 1

    said = capsys.readouterr().out
    assert said.startswith(
        "evidence/claims/till.yml:7  TILL-01 cites till/money.py::totl: not found in "
        "till/money.py; did you mean total?\n"
        "1 dead link; the claims that hold them are Not met.\n"
    )
    evidence = _found(stranger)
    assert _statuses(evidence)["TILL-01"] == "not"
    assert _statuses(evidence)["TILL-02"] == "partly"
    assert evidence["dirty"] is True


def test_test_that_never_calls_the_code_is_not_executed(stranger):
    stranger.replace("tests/test_money.py", "total([100, 250]) == 350", "100 + 250 == 350")

    assert _engine(stranger, "run") == 0

    claim = _claim(_found(stranger), "TILL-01")
    assert claim["status"] == "partly"
    assert claim["rungs"]["passed"] == "yes"
    assert claim["rungs"]["executed"] == "no"
    assert claim["tests"][0]["executes"] == []


def test_code_that_only_a_fixture_runs_is_not_executed(stranger):
    stranger.replace(
        "tests/test_money.py",
        "return Drawer()",
        "full = Drawer()\n    full.put(350)\n    return full",
    )
    stranger.replace("tests/test_money.py", "drawer.put(350) == 350", "drawer.held == 350")

    assert _engine(stranger, "run") == 0

    claim = _claim(_found(stranger), "TILL-02")
    assert claim["rungs"]["executed"] == "no"
    assert "only in its setup or teardown" in claim["reasons"][0]


def test_skipped_test_is_not_passed(stranger):
    stranger.replace(
        "tests/test_money.py",
        "def test_total_adds_up():",
        '@pytest.mark.skip(reason="later")\ndef test_total_adds_up():',
    )

    assert _engine(stranger, "run") == 1

    evidence = _found(stranger)
    assert _statuses(evidence)["TILL-01"] == "not"
    assert evidence["gates"][0]["status"] == "passed"
    assert "was skipped in gate tests: later" in _claim(evidence, "TILL-01")["reasons"][0]


def test_tests_that_cannot_be_imported_have_not_passed(stranger):
    stranger.replace("tests/test_money.py", "import Drawer, change, total", "import Drawer, chnge")

    assert _engine(stranger, "run") == 1

    assert _statuses(_found(stranger))["TILL-02"] == "not"


def test_mistakes_of_all_files_are_told_and_nothing_runs(stranger, capsys):
    stranger.replace(CLAIMS, "critical: true", "critcal: true")
    stranger.replace("evidence/gates.yml", "timeout_s: 60", "timeout_s: soon")

    assert _engine(stranger) == 2

    said = capsys.readouterr()
    assert "evidence/claims/till.yml:13  " in said.err
    assert "did you mean critical?" in said.err
    assert "evidence/gates.yml:5  " in said.err
    assert said.err.endswith("2 mistakes; nothing was published.\n")
    assert said.out == ""
    assert not (stranger.root / ".local").exists()
    assert not (stranger.root / "build").exists()


def test_only_runs_that_gate_and_publishes_nothing(stranger, capsys):
    stranger.replace(MONEY, "return sum(prices)", "return 0")

    assert _engine(stranger, "--only", "imports") == 0
    assert _engine(stranger, "site") == 2

    said = capsys.readouterr()
    assert "imports ran alone, so no claim was judged or published." in said.out
    assert "made with --only, it holds nothing of tests; run the gates again" in said.err
    assert not (stranger.root / "build").exists()
    assert _engine(stranger, "--only", "tests", "--only", "imports") == 1


def test_unknown_gate_is_refused_with_the_nearest(stranger, capsys):
    assert _engine(stranger, "--only", "test") == 2
    assert "did you mean tests?" in capsys.readouterr().err


def test_release_fails_on_anything_short_of_met_and_on_changes(stranger, capsys):
    stranger.write("note.txt", "a change")

    assert _engine(stranger, "run", "--release") == 1

    assert (
        "No release: not every claim in scope is Met and changes are not committed."
        in capsys.readouterr().out
    )


def test_site_publishes_again_after_pages_changed(stranger):
    stranger.replace("pyproject.toml", 'name = "Till"\n', 'name = "Till"\npages = "pages"\n')
    stranger.write("pages/hello.md", "# Hello\n\nCash only.\n")
    stranger.commit("Say hello")
    assert _engine(stranger, "run") == 0

    stranger.write("pages/hello.md", "# Hello\n\nStill cash only.\n")
    assert _engine(stranger, "site") == 0

    page = stranger.root / "build" / "site" / "hello.html"
    assert "Still cash only." in page.read_text(encoding="utf-8")
    assert _published(stranger)["dirty"] is True


def test_mistakes_in_pages_are_told_before_anything_runs(stranger, capsys):
    stranger.replace("pyproject.toml", 'name = "Till"\n', 'name = "Till"\npages = "pages"\n')
    stranger.write(
        "pages/hello.md",
        """
        # Hello

        {{ claim("TILL-9") }} and {{ fact("known.after.a.run").upper() }}
        """,
    )

    assert _engine(stranger) == 2

    assert capsys.readouterr().err == (
        "pages/hello.md:3  claim TILL-9: not found; did you mean TILL-03?\n"
        "1 mistake; nothing was published.\n"
    )
    assert not (stranger.root / ".local").exists()


def test_site_without_a_recorded_run_says_what_to_do(stranger, capsys):
    assert _engine(stranger, "site") == 2
    assert "no run is recorded yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("TILL-01", "TILL-01", 0, "every link is alive."),
        ("money.py::total", "money.py::totl", 1, "did you mean total?"),
        ("area: Till", "area: [", 2, "evidence/claims/till.yml:"),
    ],
)
def test_check_answers_by_exit_code(stranger, capsys, old, new, code, says):
    stranger.replace(CLAIMS, old, new)

    assert _engine(stranger, "check") == code

    said = capsys.readouterr()
    assert says in said.out + said.err
    assert not (stranger.root / ".local").exists()


def _start(stranger, *arguments):
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *arguments, "--project", str(stranger.root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _slow(stranger, marker):
    """Make a gate last, and leave its process id in `marker`."""
    code = f"import os,time; open({str(marker)!r},'w').write(str(os.getpid())); time.sleep(60)"
    stranger.replace(
        "evidence/gates.yml", '''"import till.money; print('till imports')"''', json.dumps(code)
    )
    stranger.commit("Be slow")


def _wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "waited 20 s in vain"
        time.sleep(0.05)


def _is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("number", "code", "says"),
    [
        (signal.SIGINT, 130, "Stopped. The last whole build is as it was.\n"),
        (signal.SIGTERM, 143, ""),
    ],
)
def test_stopped_build_leaves_nothing_running_and_no_results(
    stranger, tmp_path, number, code, says
):
    marker = tmp_path / "pid"
    _slow(stranger, marker)

    with _start(stranger) as build:
        _wait_for(lambda: marker.exists() and marker.read_text())
        build.send_signal(number)
        _, errors = build.communicate(timeout=30)

    assert build.returncode == code
    assert errors.endswith(says)
    assert "Traceback" not in errors
    assert not _is_running(int(marker.read_text()))
    assert not (stranger.root / "build").exists()
    assert not (stranger.root / ".local" / "evidence" / "results").exists()


def test_second_build_waits_or_is_refused(stranger, tmp_path):
    marker = tmp_path / "pid"
    _slow(stranger, marker)

    with _start(stranger) as first:
        _wait_for(lambda: marker.exists() and marker.read_text())
        with _start(stranger, "--no-wait") as second:
            _, errors = second.communicate(timeout=30)
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=30)

    assert second.returncode == 2
    assert errors == (
        f"process {first.pid} is already building this project; wait for it to end, then build "
        "again.\n"
    )
