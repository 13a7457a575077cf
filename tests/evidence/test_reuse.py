"""Results count again while no input has changed, and never once anything has, or was edited."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evidence.engine import proving
from evidence.engine.arguments import read_order
from evidence.engine.cli import main
from evidence.engine.falsify import known, plan
from evidence.engine.falsify.record import read_falsified, write_falsified
from evidence.engine.project import load_project
from evidence.engine.register.reading import read_register
from evidence.engine.reuse import Reuse, reuse_of
from evidence.engine.run import inputs as inputs_module
from evidence.engine.run import sealed
from evidence.engine.run.record import read_run
from evidence.engine.run.sealed import Refused, Tampered
from tests.evidence.conftest import Stranger

TRACE_GATE = """
  - id: trace
    proves: It leaves a trace each time it runs.
    run: [sh, -c, 'echo ran >> "$PWD/.local/trace"']
    timeout_s: 30
"""
SETTINGS = "LIMIT_PENNIES = 1000\n"
MIGRATION = """
class Migration:
    operations = [
        ("create", "sale"),
        ("unique", "sale", "receipt"),
    ]
"""


@pytest.fixture(scope="module")
def proved(first_stranger: Stranger, tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    """A stranger's project, proved and published once. Not to be changed."""
    stranger = Stranger(shutil.copytree(first_stranger.root, tmp_path_factory.mktemp("p") / "till"))
    (stranger.root / ".local").mkdir()
    stranger.write("evidence/gates.yml", stranger.read("evidence/gates.yml") + TRACE_GATE)
    stranger.write("till/settings.py", SETTINGS)
    stranger.write("till/migrations/0001_first.py", MIGRATION)
    stranger.write("data/prices.csv", "tea,150\n")
    stranger.commit()
    assert main(["--project", str(stranger.root), "--no-color"]) == 0
    return stranger


@pytest.fixture
def copy(proved: Stranger, tmp_path: Path) -> Stranger:
    return Stranger(shutil.copytree(proved.root, tmp_path / "till", symlinks=True))


def test_results_without_their_run_are_none(
    first_stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed, "check", lambda *told: None)
    with pytest.raises(Refused, match="nothing was found before"):
        Reuse(load_project(first_stranger.root), (), {}, {}).recorded_run()


def reuse(stranger: Stranger) -> Reuse:
    project = load_project(stranger.root)
    return reuse_of(project, read_register(project))


def refused(stranger: Stranger) -> str:
    with pytest.raises(Refused) as caught:
        reuse(stranger).recorded_run()
    assert not isinstance(caught.value, Tampered)
    return str(caught.value)


def tampered(stranger: Stranger) -> str:
    with pytest.raises(Tampered) as caught:
        reuse(stranger).recorded_run()
    return str(caught.value)


def traces(stranger: Stranger) -> int:
    return stranger.read(".local/trace").count("ran")


@pytest.mark.slow
def test_nothing_changed_runs_nothing_and_says_so(
    copy: Stranger, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (copy.root / "build").readlink()
    assert main(["--project", str(copy.root), "--no-color"]) == 0
    said = capsys.readouterr().out
    assert "reused  the run of 20" in said
    assert "gates   3 passed" in said
    assert "build/site/index.html" in said
    assert (traces(copy), (copy.root / "build").readlink()) == (1, before)


def test_reused_results_are_shown_as_reused(copy: Stranger) -> None:
    before = copy.read("build/site/evidence.json")
    (copy.root / "build").unlink()
    assert main(["--project", str(copy.root), "--no-color"]) == 0
    # Whoever builds this commit anew has the same bytes; what was reused stands where bytes differ.
    assert copy.read("build/site/evidence.json") == before
    told = json.loads(copy.read("build/volatile/run.json"))
    assert {gate["reused_from"] for gate in told["gates"]} == {copy.git("rev-parse", "HEAD")}
    assert "no, reused from" in copy.read("build/site/volatile/this_run.html")
    assert traces(copy) == 1


@pytest.mark.slow
def test_no_cache_and_a_release_run_everything_again(copy: Stranger) -> None:
    assert main(["--project", str(copy.root), "--no-color", "--no-cache"]) == 0
    assert traces(copy) == 2
    told = json.loads(copy.read("build/site/evidence.json"))
    assert {gate["reused_from"] for gate in told["gates"]} == {None}
    assert [read_order([flag]).cache for flag in ("--release", "--no-cache")] == [False, False]
    assert read_order([]).cache


CHANGES: dict[str, Callable[[Stranger], object]] = {
    "a setting": lambda it: it.replace("till/settings.py", "1000", "10"),
    "a unique constraint dropped in a migration": lambda it: it.replace(
        "till/migrations/0001_first.py", '        ("unique", "sale", "receipt"),\n', ""
    ),
    "code": lambda it: it.replace("till/money.py", "sum(prices)", "sum(prices) + 1"),
    "a test": lambda it: it.replace("tests/test_money.py", "== 350\n\n\n@", ">= 0\n\n\n@"),
    "data of a kind unknown": lambda it: it.write("data/prices.csv", "tea,151\n"),
    "a file that nobody tracks": lambda it: it.write("conftest.py", "x = 1\n"),
    "a file gone": lambda it: (it.root / "data/prices.csv").unlink(),
    "a file that may be executed": lambda it: (it.root / "data/prices.csv").chmod(0o755),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_any_change_to_a_file_is_noticed(copy: Stranger, change: Callable[..., object]) -> None:
    assert reuse(copy).recorded_run().gates[0].reused_from
    change(copy)
    assert "files" in refused(copy)


def test_another_commit_of_the_same_files_is_proved_anew(copy: Stranger) -> None:
    copy.git("commit", "--quiet", "--allow-empty", "--message", "Nothing")
    assert refused(copy) == "commit changed"


def test_changed_environment_is_noticed(copy: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    assert refused(copy) == "environment changed"
    monkeypatch.undo()
    monkeypatch.setenv("NOTHING_THAT_A_GATE_SEES", "1")
    assert reuse(copy).recorded_run()


def test_setting_that_git_ignores_is_noticed(copy: Stranger) -> None:
    copy.write(".git/info/exclude", "local.env\n")
    before = reuse(copy).inputs
    copy.write("local.env", "LIMIT_PENNIES=10\n")
    other = reuse(copy).inputs
    copy.write("local.env", "LIMIT_PENNIES=20\n")
    assert inputs_module.differing(before, other) == ("ignored files",)
    assert refused(copy) == "ignored files changed"


def test_other_number_of_cores_is_noticed(copy: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs_module, "usable_cores", lambda wanted: 99)
    assert refused(copy) == "cores changed"


def test_package_installed_since_is_noticed(
    copy: Stranger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new_thing-1.0.dist-info").mkdir()
    asked = inputs_module._PACKAGES.replace("sys.path[1:]", f"[{str(tmp_path)!r}, *sys.path[1:]]")
    monkeypatch.setattr(inputs_module, "_PACKAGES", asked)
    assert refused(copy) == "python and packages changed"


def test_program_and_service_of_another_version_are_noticed(
    stranger: Stranger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool, version = tmp_path / "lint", tmp_path / "version"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    version.write_text("18.1")
    stranger.write(
        "pyproject.toml",
        stranger.read("pyproject.toml").replace(
            "[tool.evidence.env]",
            "[tool.evidence.services]\n"
            f'base = {{ start = ["sleep", "9"], version = ["cat", "{version}"] }}\n'
            "[tool.evidence.env]",
        ),
    )
    stranger.replace("evidence/gates.yml", '["{python}", -c,', f"[{tool}, -c,")
    before = reuse(stranger).inputs
    version.write_text("18.2")
    tool.write_text("#!/bin/sh\n# newer\n")
    assert inputs_module.differing(before, reuse(stranger).inputs) == ("programs", "services")


def test_engine_of_another_version_is_noticed(
    copy: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs_module, "_engine", lambda: "another")
    assert refused(copy) == "engine changed"


def test_failed_gate_is_run_again(copy: Stranger) -> None:
    copy.replace("till/money.py", "return sum(prices)", "return 0")
    assert main(["run", "--project", str(copy.root), "--no-color"]) == 1
    assert refused(copy) == "tests failed"


def test_one_gate_alone_leaves_nothing_to_reuse(copy: Stranger) -> None:
    assert main(["--only", "trace", "--project", str(copy.root), "--no-color"]) == 0
    assert refused(copy) == "nothing was found before"


def edit_log(results: Path, seal: Path) -> None:
    (results / "proof/tests.log").write_text("all is well\n")


def edit_report_and_its_digest(results: Path, seal: Path) -> None:
    import hashlib

    report = results / "tests/pytest.json"
    report.write_text(report.read_text().replace('"failed"', '"passed"') + "\n")
    told = json.loads(seal.read_text())
    told["files"]["tests/pytest.json"] = hashlib.sha256(report.read_bytes()).hexdigest()
    seal.write_text(json.dumps(told))


def add_file(results: Path, seal: Path) -> None:
    (results / "extra").write_text("x")


def remove_file(results: Path, seal: Path) -> None:
    (results / "proof/tests.log").unlink()


def cut_seal(results: Path, seal: Path) -> None:
    seal.write_text(seal.read_text()[:100])


def claim_other_inputs(results: Path, seal: Path) -> None:
    told = json.loads(seal.read_text())
    told["inputs"]["files"] = "0" * 64
    seal.write_text(json.dumps(told))


def take_another_key(results: Path, seal: Path) -> None:
    seal.with_name("seal.key").write_bytes(b"0" * 32)


@pytest.mark.parametrize(
    "edit",
    [
        edit_log,
        edit_report_and_its_digest,
        add_file,
        remove_file,
        cut_seal,
        claim_other_inputs,
        take_another_key,
    ],
)
def test_edited_results_never_count(copy: Stranger, edit: Callable[[Path, Path], None]) -> None:
    work = copy.root / ".local/evidence"
    edit(work / "results", work / "sealed-results.json")
    assert tampered(copy).endswith("so it does not count")


def test_edited_results_are_told_and_run_again(
    copy: Stranger, capsys: pytest.CaptureFixture[str]
) -> None:
    edit_log(copy.root / ".local/evidence/results", Path())
    assert main(["run", "--project", str(copy.root), "--no-color"]) == 0
    assert (
        "results/proof/tests.log: was changed since it was written, so it does not count; "
        "everything is run again."
    ) in " ".join(capsys.readouterr().out.split())
    assert traces(copy) == 2


def falsified(stranger: Stranger) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stranger.read(".local/evidence/results/falsified.json"))
    return found


def prove(stranger: Stranger) -> dict[str, str]:
    """By function the commit at which its mutants were tried, if that was an earlier one."""
    stranger.commit()
    assert main(["run", "--project", str(stranger.root), "--no-color"]) == 0
    return {mutant["unit"]: mutant["reused_from"] for mutant in falsified(stranger)["mutants"]}


@pytest.mark.slow
def test_one_function_changed_and_only_its_claims_are_broken_again(
    copy: Stranger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "share_of", lambda names, seed: [])
    first = copy.git("rev-parse", "HEAD")
    copy.replace("till/money.py", "return sum(prices)", "return 0 + sum(prices)")
    told = prove(copy)
    assert told["total"] == ""
    assert set(told.values()) == {first, ""}
    said = " ".join(capsys.readouterr().out.split())
    assert "anew commit, files changed, so the last run does not count as it is" in said
    assert "mutants and 0 patches of the run before, for nothing that they" in said
    assert "everything is broken again" not in said

    # A page that nobody opened matters to nobody.
    copy.replace("till/settings.py", "1000", "10")
    second = copy.git("rev-parse", "HEAD")
    told = prove(copy)
    assert set(told.values()) == {first, second}

    # What is set up before anything is tried matters to everything.
    copy.write("tests/conftest.py", "from till import settings  # noqa: F401\n")
    assert set(prove(copy).values()) == {""}
    copy.replace("till/settings.py", "10", "100")
    capsys.readouterr()
    assert set(prove(copy).values()) == {""}
    said = " ".join(capsys.readouterr().out.split())
    assert "anew what all trials share changed since the last run, so everything is broken" in said


LED = """

def owed(pennies):
    if pennies:
        return 1
    return spare()


def spare():
    rest = 2
    return rest
"""


@pytest.mark.slow
def test_what_only_a_mutant_goes_to_is_hung_on_too(
    copy: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "share_of", lambda names, seed: [])
    money = copy.root / "till/money.py"
    copy.write("till/money.py", money.read_text("utf-8") + LED)
    copy.write(
        "tests/test_led.py",
        "from till import money\n\ndef test_owed():\n    assert money.owed(5) == 1\n\n"
        "def test_spare():\n    assert money.spare()\n",
    )
    claim = "  - {id: TILL-04, says: It is owed., code: [till/money.py::owed], tests: [%s]}\n"
    till = copy.root / "evidence/claims/till.yml"
    copy.write(
        "evidence/claims/till.yml",
        till.read_text("utf-8") + claim % "tests/test_led.py::test_owed",
    )
    prove(copy)
    first = copy.git("rev-parse", "HEAD")
    copy.replace("till/money.py", "rest = 2", "rest = 1")
    told = prove(copy)
    assert told["owed"] == ""
    assert told["total"] == first


STARTS = """
import subprocess
import sys
from pathlib import Path

from till import money

PAGE = Path(money.__file__).with_name("page.txt")


def test_process():
    done = subprocess.run([sys.executable, "-c", "import till.apart"], check=True, env={})
    assert money.owed(5) == 1


def test_process_again():
    done = subprocess.run([sys.executable, "-c", "import till.apart"], check=True, env={})
    assert money.spare() == 2


def test_page():
    assert money.spare() == 2
    assert PAGE.read_text()
"""


@pytest.mark.slow
def test_what_a_trial_opened_is_hung_on_whoever_opened_it(
    copy: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Itself, or a process that it started."""
    monkeypatch.setattr(known, "share_of", lambda names, seed: [])
    copy.write("till/money.py", copy.read("till/money.py") + LED)
    copy.write("till/apart.py", "RATE = 1\n")
    copy.write("till/page.txt", "tea\n")
    copy.write("till/unread.txt", "tea\n")
    copy.write("tests/test_starts.py", STARTS)
    claim = "  - {id: %s, says: It is so., code: [till/money.py::%s], tests: [%s]}\n"
    copy.write(
        "evidence/claims/till.yml",
        copy.read("evidence/claims/till.yml")
        + claim % ("TILL-04", "owed", "tests/test_starts.py::test_process")
        + claim % ("TILL-05", "spare", "tests/test_starts.py::test_page"),
    )
    prove(copy)
    commits = [copy.git("rev-parse", "HEAD")]
    for path, was, becomes, anew in (
        ("till/apart.py", "1", "2", {"owed"}),
        ("till/page.txt", "tea", "milk", {"spare"}),
        ("till/unread.txt", "tea", "milk", set()),
    ):
        copy.replace(path, was, becomes)
        told = prove(copy)
        commits.append(copy.git("rev-parse", "HEAD"))
        assert {unit for unit, commit in told.items() if commit == ""} == anew
        assert set(told.values()) <= {*commits[:-1], ""}


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
    copy.write("till/money.py", copy.read("till/money.py") + LED)
    copy.write("till/apart.py", APART)
    copy.write("till/memo.py", MEMO)
    copy.write("tests/conftest.py", SHARED)
    copy.write("tests/test_a.py", USES)
    claim = "  - {id: %s, says: It is so., code: [till/%s], tests: [tests/test_a.py::%s]}\n"
    copy.write(
        "evidence/claims/till.yml",
        copy.read("evidence/claims/till.yml")
        + claim % ("TILL-04", "money.py::owed", "test_owed")
        + claim % ("TILL-05", "money.py::spare", "test_quick"),
    )
    prove(copy)
    commits = [copy.git("rev-parse", "HEAD")]
    uses, others = "owed", "total"
    for number in range(1, 8):
        copy.replace("till/apart.py", f"rate = {number}", f"rate = 0 + {number}")
        told = prove(copy)
        assert (told[uses] == "") is (number < 7)
        # What is set up for whoever asks for it is nothing to the others.
        assert (told[others] == "") is (2 < number < 7)
        assert {told[uses], told[others]} <= {"", *commits}
        commits.append(copy.git("rev-parse", "HEAD"))


def test_what_is_tried_all_the_same_and_comes_out_otherwise_fails_the_build(
    copy: Stranger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "share_of", lambda names, seed: list(names))
    monkeypatch.setattr(
        known, "_was_killed", lambda run: any("lied" in trial.message for trial in run.trials)
    )
    results = copy.root / ".local/evidence/results"
    found = read_falsified(results)
    assert found is not None
    lied = tuple(
        replace(run, trials=tuple(replace(trial, message="lied") for trial in run.trials))
        for run in found.mutants
    )
    write_falsified(results, replace(found, mutants=lied))
    sealed.close(
        load_project(copy.root), sealed.results_seal(load_project(copy.root)), reuse(copy).inputs
    )
    copy.replace("till/money.py", "return sum(prices)", "return 0 + sum(prices)")
    copy.commit()
    assert main(["run", "--project", str(copy.root), "--no-color"]) == 1
    assert "nothing that was reused counts; run with --no-cache" in " ".join(
        capsys.readouterr().out.split()
    )


def test_file_that_changes_while_code_is_broken_makes_it_a_run_over_changes(
    copy: Stranger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    copy.replace("till/money.py", "return sum(prices)", "return 0 + sum(prices)")
    copy.commit()
    monkeypatch.setattr(
        proving, "_break_promises", lambda *_: copy.write("till/settings.py", "LIMIT = 1\n")
    )
    assert main(["run", "--project", str(copy.root), "--no-color"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "till/settings.py: changed meanwhile, so this run counts as one over changes" in said
    run = read_run(load_project(copy.root))
    assert (run.tree.dirty, run.changed) == (True, ("till/settings.py",))
    copy.write("till/settings.py", SETTINGS)
    with pytest.raises(Refused):
        reuse(copy).recorded_run()
    assert main(["site", "--project", str(copy.root), "--no-color"]) == 2
    assert "till/settings.py: changed during the run; run the gates again" in " ".join(
        capsys.readouterr().err.split()
    )


def test_edited_record_of_what_was_broken_is_told_and_everything_broken_again(
    copy: Stranger, capsys: pytest.CaptureFixture[str]
) -> None:
    record = copy.root / ".local/evidence/results/falsified.json"
    record.write_text(record.read_text("utf-8").replace('"survived"', '"assertion"') + " ")
    copy.replace("till/money.py", "return sum(prices)", "return 0 + sum(prices)")
    told = prove(copy)
    assert set(told.values()) == {""}
    said = " ".join(capsys.readouterr().out.split())
    assert "falsified.json: was changed since it was written, so it does not count; ever" in said


def test_edited_site_is_built_again(copy: Stranger, capsys: pytest.CaptureFixture[str]) -> None:
    page = copy.root / "build/site/index.html"
    page.write_text(page.read_text() + "All claims are met.")
    assert main(["--project", str(copy.root), "--no-color"]) == 0
    assert "the site is built again" in " ".join(capsys.readouterr().out.split())
    assert "All claims are met." not in page.read_text()


def test_the_key_is_its_owners_alone(copy: Stranger) -> None:
    key = copy.root / ".local/evidence/seal.key"
    assert (key.stat().st_mode & 0o777, key.stat().st_size) == (0o600, 32)
    assert str(key.read_bytes()) not in copy.read(".local/evidence/sealed-results.json")
