"""engine.stale: recorded results that somebody edited are not published again."""

from __future__ import annotations

import pytest

from evidence.engine.mistakes import CannotRun
from evidence.engine.project import load_project
from evidence.engine.run import sealed
from evidence.engine.stale import _refuse_edited
from tests.evidence.conftest import Stranger

NEXT = "; run the gates again: `python build_evidence.py`."


def test_results_are_refused_once_they_are_edited(stranger: Stranger) -> None:
    project = load_project(stranger.root)
    results = project.work / "results"
    stranger.write(".local/evidence/results/run.json", '{"status": "failed"}')
    sealed.close(project, sealed.results_seal(project), {})
    _refuse_edited(project)

    (results / "run.json").write_text('{"status": "passed"}', "utf-8")

    with pytest.raises(CannotRun) as refused:
        _refuse_edited(project)
    assert str(refused.value) == (
        "recorded run: results/run.json: was changed since it was written, so it does not count"
        + NEXT
    )


def test_results_that_nobody_sealed_are_refused(stranger: Stranger) -> None:
    with pytest.raises(CannotRun) as refused:
        _refuse_edited(load_project(stranger.root))
    assert str(refused.value) == "recorded run: nothing was found before" + NEXT
