"""What a person sees: plain lines in a pipe, live lines on a terminal, the summary last."""

from __future__ import annotations

import io
import time
from dataclasses import replace

import pytest

from evidence.engine import report
from evidence.engine.judge.model import (
    Judgement,
    Rung,
    RungVerdict,
    Standing,
    Status,
    Verdict,
)
from evidence.engine.mistakes import Mistake, Place
from evidence.engine.register.model import Area, Claim, Gate, Link, OutOfScope, Register
from evidence.engine.report import Reporter, summary_lines
from evidence.engine.run.model import GateRun, GateStatus, Run, Tree

PLACE = Place("evidence/gates.yml", 3)
TESTS = Gate("tests", "The tests pass.", PLACE)


def gate_run(status: GateStatus = GateStatus.PASSED, **about: object) -> GateRun:
    told = {"why": "", "exit_code": 0, "argv": (), "log": "", "sha256": "", "elapsed_s": 1.25}
    return GateRun(id="tests", status=status, **{**told, **about})  # type: ignore[arg-type]


def heard(stream: io.StringIO) -> list[str]:
    return stream.getvalue().splitlines()


def test_pipe_gets_one_plain_line_for_each_gate_that_ended() -> None:
    stream = io.StringIO()
    with Reporter(stream) as reporter:
        reporter.stage("Running 1 gate")
        reporter.gate_started(TESTS)
        reporter.gate_progress(TESTS, "newest line")
        reporter.gate_ended(TESTS, gate_run())
    assert heard(stream) == ["Running 1 gate", "passed   tests  1.2 s"]


def test_failure_is_indented_below_its_gate_and_shown_as_written() -> None:
    stream = io.StringIO()
    line = "tests/test_a.py:5  test_[bold]x" + "y" * 200
    with Reporter(stream) as reporter:
        run = gate_run(GateStatus.FAILED, why="1 test failed of 2", failures=(line, "  assert 0"))
        reporter.gate_ended(TESTS, run)
    assert heard(stream) == [
        "failed   tests  1.2 s  1 test failed of 2",
        f"         {line}",
        "           assert 0",
    ]


def test_pipe_hears_what_is_still_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "_HEARTBEAT_S", 0.05)
    stream = io.StringIO()
    with Reporter(stream) as reporter:
        reporter.gate_started(TESTS)
        while "running  tests (0 s)\n" not in stream.getvalue():
            time.sleep(0.01)


def test_pipe_hears_how_many_of_many_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "_HEARTBEAT_S", 0.05)
    stream = io.StringIO()
    with Reporter(stream) as reporter:
        reporter.progress("mutants", 1200, 7165)
        while "running  mutants 1,200 of 7,165 (0 s)\n" not in stream.getvalue():
            time.sleep(0.01)


def test_terminal_shows_the_newest_line_and_heeds_no_color(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    stream = io.StringIO()
    with Reporter(stream, live=True) as reporter:
        reporter.gate_started(TESTS)
        reporter.gate_progress(TESTS, "collecting [12%]")
        while "collecting [12%]" not in stream.getvalue():
            time.sleep(0.01)
        reporter.gate_ended(TESTS, gate_run())
    assert "\x1b[32m" not in stream.getvalue()
    assert "passed   tests" in stream.getvalue()


def test_ci_gets_plain_lines_even_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("CI", "true")
    assert not Reporter(Terminal()).live
    monkeypatch.delenv("CI")
    assert Reporter(Terminal()).live


def test_mistakes_are_listed_in_file_order_and_counted() -> None:
    stream = io.StringIO()
    Reporter(stream).mistakes(
        [
            Mistake(Place("b.yml", 2), "found [x], expected y; did you mean z?"),
            Mistake(Place("a.yml", 9), "id: found no id; add one"),
        ]
    )
    assert heard(stream) == [
        "a.yml:9  id: found no id; add one",
        "b.yml:2  found [x], expected y; did you mean z?",
        "2 mistakes",
    ]


def test_summary_counts_and_names_what_is_not_met_first() -> None:
    verdicts = (
        verdict("TIL-01", Status.MET),
        verdict("TIL-02", Status.PARTLY, "Gate compose was not run: no Docker engine."),
        verdict("TIL-03", Status.NOT, "test_a failed.", "test_b never ran."),
    )
    register = Register(
        areas=(Area("Till", "", "till.yml", tuple(each.claim for each in verdicts)),),
        out_of_scope=(OutOfScope("cards", "Cards", "Cash only.", PLACE),),
    )
    run = Run(
        tree=Tree("0" * 40, False, 0, ""),
        gates=(gate_run(), gate_run(GateStatus.NOT_RUN, why="no Docker engine")),
        facts={},
        started_at="",
        elapsed_s=1.0,
        host={},
    )
    judgement = Judgement(verdicts, {"T1": Status.MET, "T2": Status.NOT})
    assert summary_lines(register, run, judgement) == [
        "gates   1 passed, 1 not run",
        "asked   2 requirements: 1 met, 1 not met",
        "claims  1 met, 1 partly, 1 not met, 1 out of scope",
        "  TIL-03 not met: test_a failed. test_b never ran.",
        "  TIL-02 partly met: Gate compose was not run: no Docker engine.",
        "  requirements that no claim serves: T2",
    ]


def test_failed_gate_tells_its_last_lines_again_at_the_end() -> None:
    said = (*(f"line {number}" for number in range(8)), "", "  FAILED  up: exit code 1")
    run = replace(
        NO_RUN,
        gates=(gate_run(), gate_run(GateStatus.FAILED, why="exit code 1", failures=said)),
    )
    assert summary_lines(Register(), run, Judgement((), {}), "build/site")[3:] == [
        "failed  tests: exit code 1",
        *(f"        line {number}" for number in range(3, 8)),
        "          FAILED  up: exit code 1",
        "site    build/site",
    ]


def test_reason_that_many_claims_share_is_told_once() -> None:
    shared = "Gate tests failed with exit code 1; read its log."
    verdicts = (
        verdict("TIL-01", Status.MET),
        verdict("TIL-02", Status.NOT, shared),
        verdict("TIL-03", Status.NOT, "test_a failed.", shared),
        verdict("TIL-04", Status.NOT, shared),
    )
    assert summary_lines(Register(), NO_RUN, Judgement(verdicts, {}))[3:] == [
        "  TIL-03 not met: test_a failed.",
        "  3 claims not met: Gate tests failed with exit code 1; read its log.",
        "    TIL-02 to 04",
    ]


def test_rung_that_nothing_measures_takes_one_line_after_the_real_problems() -> None:
    unmeasured = "Not measured yet."
    verdicts = (
        verdict("TIL-01", Status.PARTLY, unmeasured, rungs=(unmeasured,)),
        verdict("TIL-02", Status.PARTLY, "Ran no line.", unmeasured, rungs=(unmeasured,)),
    )
    assert summary_lines(Register(), NO_RUN, Judgement(verdicts, {}))[3:] == [
        "  TIL-02 partly met: Ran no line.",
        "  all 2 claims partly met: Not measured yet.",
    ]


def test_terminal_keeps_what_wraps_below_its_first_words() -> None:
    stream = io.StringIO()
    reporter = Reporter(stream, live=True)
    reporter.console.width = 60
    reason = "tests/till/test_sum.py::test_a_very_long_name_indeed [1] runs no line of till/sum.py."
    told = Judgement((verdict("TIL-01", Status.PARTLY, reason),), {})
    reporter.summary(Register(), NO_RUN, told)
    assert heard(stream)[3:] == [
        "  TIL-01 partly met:",
        "      tests/till/test_sum.py::test_a_very_long_name_indeed",
        "      [1] runs no line of till/sum.py.",
    ]


def test_very_many_reasons_are_cut() -> None:
    verdicts = [verdict(f"TIL-{n}", Status.NOT, f"Reason {n}.") for n in range(50)]
    lines = summary_lines(Register(), NO_RUN, Judgement(tuple(verdicts), {}))
    assert lines[-2:] == [
        "  TIL-39 not met: Reason 39.",
        "  … and 10 more reasons, each on the site",
    ]


NO_RUN = Run(Tree("0" * 40, False, 0, ""), (), {}, "", 1.0, {})


def verdict(claim_id: str, status: Status, *reasons: str, rungs: tuple[str, ...] = ()) -> Verdict:
    """`rungs` are the reasons that the rung Falsified gives for not being measured."""
    requirements = (Link("T1", PLACE),)
    claim = Claim(claim_id, "Till", "It adds up.", PLACE, requirements=requirements)
    climbed = RungVerdict(Rung.FALSIFIED, Standing.NOT_MEASURED, rungs)
    return Verdict(claim, status, (climbed,) if rungs else (), reasons, (), ())
