"""publish.pages: each gate has its page, and beside it the log that was recorded of it."""

from __future__ import annotations

from dataclasses import replace

from evidence.engine.publish.pages import _write_gates, _Writer
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

    _write_gates(_Writer(docs := sample.root / "docs", sample.views), sample.views)

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
