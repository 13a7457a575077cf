"""publish.pages: gates and their logs, and what a page of statuses says first."""

from __future__ import annotations

from dataclasses import replace
from html import unescape
from re import findall

from evidence.engine.publish.front import front
from evidence.engine.publish.pages import _write_gates, _write_status, _Writer
from evidence.engine.run.model import GateStatus
from tests.evidence.publish.sample import LOG, Sample


def test_each_gate_has_its_page_and_the_log_that_there_is(sample: Sample) -> None:
    """The last was not selected in this run; the one before it left no log behind."""
    [tests], [ran] = sample.gates, sample.gate_runs
    sample.gates = tuple(replace(tests, id=name) for name in ("tests", "imports", "alone", "types"))
    sample.gate_runs = (
        replace(ran, printed="volatile/tests.log"),
        replace(ran, id="imports", log="proof/gone.log"),
        replace(ran, id="alone", status=GateStatus.NOT_RUN, log=""),
    )
    sample.write(".local/results/volatile/tests.log", "2 passed in 0.10s")

    writer = _Writer(docs := sample.root / "docs", sample.views)
    _write_gates(writer, sample.views)
    writer.finish()

    assert sorted(str(file.relative_to(docs)) for file in docs.rglob("*.*")) == [
        *("proof.md", "proof/alone.md", "proof/imports.md", "proof/tests.log", "proof/tests.md"),
        *("proof/types.md", "volatile/tests.log"),
    ]
    assert (docs / "proof/tests.log").read_text("utf-8") == LOG
    assert (docs / "volatile/tests.log").read_text("utf-8") == "2 passed in 0.10s"
    assert "2 passed" in (docs / "proof/tests.md").read_text("utf-8")
    assert "2 passed" not in (docs / "proof/imports.md").read_text("utf-8")
    listed = (docs / "proof.md").read_text("utf-8")
    assert all(f">{gate.id}<" in listed for gate in sample.gates)


def test_what_is_wrong_with_the_harness_stands_on_the_page_of_statuses(sample: Sample) -> None:
    assert "cannot be trusted" not in status(sample)
    sample.complaints = ("till.py:3 <lambda> survived.", "A fork lied.")
    told = status(sample)
    assert told.index("cannot be trusted") < told.index("## Claims not met")
    assert "<li>till.py:3 <lambda> survived.</li>\n<li>A fork lied.</li>" in unescape(told)
    assert "<lambda>" not in told


def test_requirements_are_counted_and_those_that_nobody_serves_come_first(sample: Sample) -> None:
    told = status(sample).partition("## Requirements")[2].partition("### ")[0]
    assert findall(r">(\d[^<]*)</span>", told) == ["1 not met", "1 partly met"]
    assert findall(r"#requirement-([^\"]*)", told) == ["C9.9"]


def status(sample: Sample) -> str:
    docs, views = sample.root / "docs", sample.views
    writer = _Writer(docs, views)
    _write_status(writer, views, front(views))
    writer.finish()
    return (docs / "status.md").read_text("utf-8")
