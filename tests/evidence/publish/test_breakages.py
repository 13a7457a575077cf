"""publish.breakages: a patch and how it was noticed, as a page shows them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence.engine.falsify.model import Outcome, PatchRun
from evidence.engine.mistakes import Place
from evidence.engine.publish.breakages import patch_views
from evidence.engine.publish.pages import write_pages
from evidence.engine.publish.people import PeoplesPages
from evidence.engine.register.model import Patch, Register
from evidence.engine.run.model import GateStatus
from tests.evidence.publish.sample import Sample

DIFF = ("--- a/till/money.py", "@@ -1 +1 @@", "-    return a < b", "+    return a > b", "", " same")


def run(outcome: Outcome = Outcome.ASSERTION, **changes: object) -> PatchRun:
    return PatchRun("swapped", "TILL-01", "It is swapped.", DIFF, outcome, **changes)  # type: ignore[arg-type]


def register(*narrow: str) -> Register:
    place = Place("evidence/sabotage/swapped.patch")
    patch = Patch("swapped", place, "tests", True, "It is swapped.", "", narrow=narrow)
    return Register(patches=(patch,))


def test_a_diff_is_shown_line_by_line_and_nothing_of_it_is_markup():
    (view,) = patch_views([run(log=("assert 1 == <b>",))], register())

    assert str(view.diff).splitlines() == [
        '<pre class="ev-diff"><span class="ev-diff-old">--- a/till/money.py</span>',
        '<span class="ev-diff-place">@@ -1 +1 @@</span>',
        '<span class="ev-diff-old">-    return a &lt; b</span>',
        '<span class="ev-diff-new">+    return a &gt; b</span>',
        '<span class="ev-diff-same"></span>',
        '<span class="ev-diff-same"> same</span></pre>',
    ]
    assert "assert 1 == &lt;b&gt;" in view.log


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_has_a_word_and_only_a_kill_is_good(outcome):
    (view,) = patch_views([run(outcome)], register())

    assert view.word.label
    assert (view.word.style == "met") is outcome.is_kill


def test_what_a_gate_was_narrowed_to_is_said():
    (view,) = patch_views([run(Outcome.RED)], register("-k", "one"))

    assert view.narrowed == "-k one"


def test_a_gate_that_did_not_run_is_not_called_passed_by_its_control(sample: Sample):
    sample.controls = {"tests": (run(Outcome.RED),)}
    not_run = [replace(gate, status=GateStatus.NOT_RUN) for gate in sample.gate_runs]

    for runs, is_said in ((sample.gate_runs, False), (tuple(not_run), True)):
        sample.gate_runs = runs
        write_pages(docs := sample.root / str(is_said), sample.views, PeoplesPages())
        text = (docs / "proof/tests.md").read_text("utf-8")
        assert ("The gate could not run here, so it has not passed." in text) is is_said
