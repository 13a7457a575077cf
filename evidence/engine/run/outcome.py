"""What a gate's end means: passed, failed or not run, and the sentence that says why."""

from __future__ import annotations

import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from evidence.engine.register.model import Gate
from evidence.engine.run.artifacts import collect_artifacts
from evidence.engine.run.bench import Place
from evidence.engine.run.capture import Captured
from evidence.engine.run.leaks import leak_in_bytes, leak_in_file
from evidence.engine.run.model import GateStatus
from evidence.engine.run.process import Ended, EndedBy
from evidence.engine.run.pytests import Report, clean_report, read_report, why_not_passed

CANNOT_HERE = 77  # The exit code by which a gate says that this machine cannot run it.
_SHOWN_LINES = 15


@dataclass(frozen=True)
class Left:
    """What a gate left behind, and what is wrong with it."""

    artifacts: tuple[str, ...]
    report: Report | None
    leaks: tuple[str, ...]
    missing: tuple[str, ...]


def collect(gate: Gate, place: Place, folder: Path, captured: Captured) -> Left:
    """Moves what the gate left to its results. What holds a secret is thrown away and told."""
    folder.mkdir(parents=True, exist_ok=True)
    clean_report(place.out / "pytest.json", place.cleaner.clean)
    if gate.pytest is not None:
        for name in ("pytest.json", "coverage"):
            if (place.out / name).is_file():
                shutil.move(place.out / name, folder / name)
    report = read_report(folder / "pytest.json")
    kept, missing = collect_artifacts(gate.artifacts, out=place.out, into=folder / "artifacts")
    leaks = [leak_in_bytes(captured.body, "its output", place.canary)]
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        where = path.relative_to(folder).as_posix().removeprefix("artifacts/")
        # The reports are redacted already; names of tests and files in them are no secrets.
        secrets = place.handed_in if path.is_relative_to(folder / "artifacts") else frozenset()
        leaks.append(leak_in_file(path, where, place.canary, secrets))
        if leaks[-1]:
            path.unlink()
            kept = tuple(name for name in kept if name != where)
    return Left(kept, report, tuple(filter(None, leaks)), missing)


def outcome(gate: Gate, ended: Ended, captured: Captured, left: Left) -> tuple[GateStatus, str]:
    """The status and, unless it passed, why. A leak outweighs everything a gate says of itself."""
    if ended.by is EndedBy.STOP:
        return GateStatus.NOT_RUN, "the run was stopped"
    if left.leaks:
        return GateStatus.FAILED, "; ".join(left.leaks)
    if ended.by is EndedBy.DEADLINE:
        return GateStatus.FAILED, (
            f"still running at its deadline of {gate.timeout_s:g} s; find what hangs or raise "
            "timeout_s"
        )
    if ended.exit_code == CANNOT_HERE:
        return GateStatus.NOT_RUN, captured.last_line or "it exited with 77 and gave no reason"
    if gate.pytest is not None:
        why = why_not_passed(left.report, ended.exit_code)
    else:
        why = in_words(gate, ended) if ended.exit_code else ""
    why = why or "; ".join(left.missing)
    return (GateStatus.FAILED, why) if why else (GateStatus.PASSED, "")


def failures(left: Left, captured: Captured) -> tuple[str, ...]:
    """Lines for people: what leaked, the failed tests, or else the end of the output."""
    if left.leaks:
        return left.leaks
    if left.report is not None and left.report.failures:
        return left.report.failures
    return tuple(line for line in captured.last_lines(_SHOWN_LINES) if line.strip())


def in_words(gate: Gate, ended: Ended) -> str:
    """How the process ended; no measured durations, so that logs of one commit agree."""
    if ended.by is EndedBy.DEADLINE:
        return f"at its deadline of {gate.timeout_s:g} s"
    if ended.by is EndedBy.STOP:
        return "with the run, which was stopped"
    if ended.exit_code < 0:
        return f"by signal {-ended.exit_code} ({_signal_name(-ended.exit_code)})"
    return f"exit code {ended.exit_code}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
