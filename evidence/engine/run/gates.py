"""One gate from its line in the register to its recorded result."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from evidence.engine.register.model import Gate
from evidence.engine.run.bench import Bench, Place
from evidence.engine.run.capture import Capture, Captured
from evidence.engine.run.listed import SAYS, listed
from evidence.engine.run.listener import Listener
from evidence.engine.run.log import Head, write_log
from evidence.engine.run.model import GateRun, GateStatus
from evidence.engine.run.outcome import collect, failures, in_words, outcome
from evidence.engine.run.process import EndedBy, NotStarted, run_process
from evidence.engine.run.pytests import missing_for_pytest, pytest_argv, pytest_env
from evidence.engine.run.services import ServiceFailed, Services
from evidence.engine.run.varying import Varying, varying_in
from evidence.engine.run.versions import Versions

_PROGRESS_S = 0.1
_PRINTED = "printed.log"


@dataclass(frozen=True)
class _Result:
    """How a gate came out, before it is recorded."""

    status: GateStatus
    why: str
    ended: str = "it did not run"
    exit_code: int | None = None
    captured: Captured | None = None
    lines: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    artifacts: tuple[str, ...] = ()
    says: str = ""


def run_gate(
    gate: Gate, *, bench: Bench, services: Services, versions: Versions, listener: Listener
) -> GateRun:
    """Runs it and records its log, test report, coverage and artifacts under the results."""
    started = time.monotonic()
    cores = max(1, int(min(gate.cores or bench.cores, bench.cores)))
    try:
        env, failed = services.environment(gate.services), None
    except ServiceFailed as error:
        env, failed = {}, error
    varies = varying_in(gate)
    place = bench.lay_out(gate.id, cores=cores, own=dict(gate.env), services=env, varies=varies)
    argv = place.fill(_argv(gate, bench))
    result = _cannot_run(gate, place, bench, failed)
    if result is None:
        listener.gate_started(gate)
        result = _run(gate, argv, place, bench, services, listener)
    shown_argv = place.shown(_argv(gate, bench))
    head = Head(
        gate=gate,
        argv=shown_argv,
        tree=bench.tree,
        status=result.status,
        why=result.why,
        ended=result.ended,
        tools=versions.of(gate),
        varies=varies,
        says=result.says,
    )
    log = f"proof/{gate.id}.log"
    digest = write_log(bench.results / log, head, result.captured, result.lines)
    return GateRun(
        id=gate.id,
        status=result.status,
        why=result.why,
        exit_code=result.exit_code,
        argv=shown_argv,
        log=log,
        sha256=digest,
        elapsed_s=round(time.monotonic() - started, 3),
        tests=_if_there(bench, f"{gate.id}/pytest.json"),
        coverage=_if_there(bench, f"{gate.id}/coverage"),
        artifacts=tuple(f"{gate.id}/artifacts/{name}" for name in result.artifacts),
        failures=result.failures,
        printed=_if_there(bench, f"{gate.id}/{_PRINTED}"),
    )


def _argv(gate: Gate, bench: Bench) -> tuple[str, ...]:
    return gate.run if gate.pytest is None else pytest_argv(bench.python, gate.pytest)


def _cannot_run(
    gate: Gate, place: Place, bench: Bench, failed: ServiceFailed | None
) -> _Result | None:
    """Why the gate cannot even start here, if so."""
    lacking = [need for need in gate.needs if not place.has(need)]
    if lacking:
        why = f"no {' and no '.join(lacking)} on this machine: install it, then run again"
        return _Result(GateStatus.NOT_RUN, why, lines=(why,))
    if failed is not None:
        lines = (str(failed), *failed.output)
        return _Result(GateStatus.NOT_RUN, str(failed), lines=lines, failures=failed.output)
    if gate.pytest is not None and (why := missing_for_pytest(bench.python)):
        why = place.cleaner.clean(why)
        return _Result(GateStatus.FAILED, why, lines=(why,))
    return None


def _run(
    gate: Gate,
    argv: tuple[str, ...],
    place: Place,
    bench: Bench,
    services: Services,
    listener: Listener,
) -> _Result:
    capture = Capture(place.cleaner)
    printed = _as_printed(gate, place)
    env = dict(place.env)
    if gate.pytest is not None:
        env |= pytest_env(
            place.out,
            root=bench.project.root,
            measured=bench.measured,
            path=env.get("PYTHONPATH", ""),
        )
    try:
        ended = run_process(
            argv=argv,
            folder=bench.project.root,
            env=env,
            cookie=place.canary.value,
            timeout_s=gate.timeout_s,
            stop=bench.stop,
            sink=_reporting(gate, capture, printed, listener),
        )
    except NotStarted as error:
        why = place.cleaner.clean(str(error))
        return _Result(GateStatus.FAILED, why, lines=(why,))
    captured = capture.finish(*ended.notes)
    as_printed = printed.finish(*ended.notes) if printed else captured
    left = collect(gate, place, bench.results / gate.id, as_printed)
    status, why = outcome(gate, ended, captured, left)
    if status is not GateStatus.PASSED and (early := services.ended_early(gate.services)):
        why = f"{why}; {early}"
    shown = _shown(gate, bench, captured)
    if as_printed.body != shown.body and not left.leaks:
        (bench.results / gate.id / _PRINTED).write_bytes(as_printed.body)
    return _Result(
        status=status,
        why=why,
        ended=in_words(gate, ended),
        exit_code=ended.exit_code if ended.by is EndedBy.ITSELF else None,
        captured=shown,
        says="" if shown is captured else SAYS,
        failures=failures(left, captured) if status is GateStatus.FAILED else (),
        artifacts=left.artifacts,
    )


def _as_printed(gate: Gate, place: Place) -> Capture | None:
    """For a gate whose log names what varies instead of showing it: the output with it."""
    if not gate.varies or gate.pytest is not None:
        return None
    return Capture(replace(place.cleaner, varying=Varying()))


def _shown(gate: Gate, bench: Bench, captured: Captured) -> Captured:
    """What the log shows: of a gate of tests its cases."""
    if gate.pytest is None:
        return captured
    return listed(bench.results / gate.id / "pytest.json", captured) or captured


def _reporting(
    gate: Gate, capture: Capture, printed: Capture | None, listener: Listener
) -> Callable[[bytes], None]:
    """Feeds the captures and tells the newest line, at most ten times a second."""
    told_at, told = 0.0, ""

    def sink(data: bytes) -> None:
        nonlocal told_at, told
        capture.feed(data)
        if printed:
            printed.feed(data)
        now = time.monotonic()
        if now - told_at >= _PROGRESS_S and capture.last_line != told:
            told_at, told = now, capture.last_line
            listener.gate_progress(gate, told)

    return sink


def _if_there(bench: Bench, path: str) -> str:
    return path if (bench.results / path).is_file() else ""
