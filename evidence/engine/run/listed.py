"""What stands in the log of a gate of tests: every case by name with its outcome.

pytest prints seconds, and dots in whatever order its workers end; two runs of one commit never
agree on these. Its report holds the same facts without them, so the log is made from the report,
and what pytest printed is kept apart with all else that differs from run to run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from evidence.engine.run.capture import KEPT_BYTES, Captured
from evidence.engine.run.keep import Kept
from evidence.engine.run.pytests import load_report, not_collected

SAYS = "every case from pytest's report, in order of name"
# By which worker a case was run, above its failure.
_WORKER = re.compile(r"\[gw\d+\] ")
_ORDER = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")


def listed(report: Path, printed: Captured) -> Captured | None:
    """The output with the cases in place of what pytest printed; None without a whole report."""
    told = load_report(report)
    if told is None or not told.get("tests"):
        return None
    kept = Kept(KEPT_BYTES // 2)
    for line in _lines(told):
        kept.add(f"{line}\n".encode("utf-8", "replace"))
    return replace(
        printed,
        body=kept.joined(),
        left_out_bytes=kept.dropped_bytes,
        left_out_lines=kept.dropped_lines,
    )


def _lines(report: dict[str, Any]) -> Iterator[str]:
    cases = sorted(
        (str(test.get("nodeid")), str(test.get("outcome")), test) for test in report["tests"]
    )
    counts = Counter(outcome for _, outcome, _ in cases)
    told = [word for word in (*_ORDER, *sorted(counts.keys() - {*_ORDER})) if counts[word]]
    yield f"{len(cases):,} cases: " + ", ".join(f"{counts[word]:,} {word}" for word in told)
    for collector in report.get("collectors", ()):
        yield from not_collected(collector)
    yield ""
    for node, outcome, test in cases:
        yield f"{outcome:<8} {node}"
        if outcome != "passed":
            yield from _why(test)


def _why(test: dict[str, Any]) -> Iterator[str]:
    """What each phase that did not pass said, indented."""
    for phase in ("setup", "call", "teardown"):
        said = test.get(phase)
        if isinstance(said, dict) and said.get("outcome") != "passed":
            text = str(said.get("longrepr") or said.get("crash", {}).get("message") or "")
            yield from (
                f"         {line}".rstrip() for line in text.splitlines() if not _WORKER.match(line)
            )
