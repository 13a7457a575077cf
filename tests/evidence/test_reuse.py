"""Results count again while no input has changed, and never once anything has, or was edited."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evidence.engine import proving
from evidence.engine.arguments import read_order
from evidence.engine.cli import main
from evidence.engine.project import load_project
from evidence.engine.register.reading import read_register
from evidence.engine.reuse import Reuse, reuse_of
from evidence.engine.run import inputs as inputs_module
from evidence.engine.run import sealed
from evidence.engine.run.record import read_run
from evidence.engine.run.sealed import Refused, Tampered
from tests.evidence.conftest import SETTINGS, Stranger


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
