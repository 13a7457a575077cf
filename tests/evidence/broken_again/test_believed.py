"""What was found out before counts only unedited, and while what is tried again agrees."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence.engine.cli import main
from evidence.engine.falsify import known
from evidence.engine.falsify.record import read_falsified, write_falsified
from evidence.engine.project import load_project
from evidence.engine.register.reading import read_register
from evidence.engine.reuse import reuse_of
from evidence.engine.run import sealed
from tests.evidence.broken_again.story import prove
from tests.evidence.conftest import Stranger


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
    project = load_project(copy.root)
    sealed.close(
        project, sealed.results_seal(project), reuse_of(project, read_register(project)).inputs
    )
    copy.replace("till/money.py", "return sum(prices)", "return 0 + sum(prices)")
    copy.commit()
    assert main(["run", "--project", str(copy.root), "--no-color"]) == 1
    assert "nothing that was reused counts; run with --no-cache" in " ".join(
        capsys.readouterr().out.split()
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
