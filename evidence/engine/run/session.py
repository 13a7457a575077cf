"""All gates of the register, once, over one tree."""

from __future__ import annotations

import platform
import time
from dataclasses import replace
from datetime import UTC, datetime

from evidence.engine.mistakes import CannotRun, did_you_mean
from evidence.engine.project import Project
from evidence.engine.register.model import Gate, Register
from evidence.engine.run.bench import Bench
from evidence.engine.run.facts import read_facts
from evidence.engine.run.gates import run_gate
from evidence.engine.run.listener import Listener, OneAtATime
from evidence.engine.run.measured import cited_files
from evidence.engine.run.model import GateRun, Run
from evidence.engine.run.record import read_run, record, staging
from evidence.engine.run.schedule import Job, run_side_by_side, usable_cores
from evidence.engine.run.services import Services
from evidence.engine.run.signals import heeding_signals
from evidence.engine.run.tools import ask_python
from evidence.engine.run.tree import changed_files, read_files, tree_of
from evidence.engine.run.versions import Versions, distributions
from evidence.engine.run.watchdog import watchdog


def run_gates(
    project: Project, register: Register, only: frozenset[str] | None, listener: Listener
) -> Run:
    """Runs the gates (or only those), records the results whole and gives them.

    Raises CannotRun when nothing trustworthy can be run. However it ends, no process it started
    is left; INT and TERM end all of them first. Without `only`, every gate has a result. Call it
    under the project's lock (`evidence.engine.lock`).
    """
    gates = _chosen(register, only)
    with staging(project) as (results, scratch), heeding_signals(), watchdog() as guard:
        began, started_at = time.monotonic(), datetime.now(UTC)
        files = read_files(project)
        bench = Bench(
            project=project,
            python=ask_python(project, distributions(register)),
            tree=tree_of(project, files),
            results=results,
            scratch=scratch,
            cores=usable_cores(project.cores),
            measured=cited_files(register),
            watchdog=guard,
        )
        runs, facts = _run_all(gates, bench, OneAtATime(listener))
        changed = changed_files(files, read_files(project))
        run = Run(
            tree=replace(bench.tree, dirty=bench.tree.dirty or bool(changed)),
            gates=runs,
            facts=facts,
            started_at=started_at.isoformat(timespec="seconds"),
            elapsed_s=round(time.monotonic() - began, 3),
            host=_host(bench),
            changed=changed,
        )
        record(project, run, results)
    return run


def _chosen(register: Register, only: frozenset[str] | None) -> tuple[Gate, ...]:
    known = [gate.id for gate in register.gates]
    for name in sorted(only or ()):
        if name not in known:
            raise CannotRun(
                f"gate {name}: not in gates.yml, expected one of {', '.join(known)}"
                f"{did_you_mean(name, known)}"
            )
    return tuple(gate for gate in register.gates if only is None or gate.id in only)


def _run_all(
    gates: tuple[Gate, ...], bench: Bench, listener: Listener
) -> tuple[tuple[GateRun, ...], dict[str, object]]:
    """Results in the register's order, whatever order they ran in."""
    services, versions = Services(bench), Versions(bench)
    runs: dict[str, GateRun] = {}
    facts: dict[str, object] = {}

    def work_of(gate: Gate) -> None:
        runs[gate.id] = run_gate(
            gate, bench=bench, services=services, versions=versions, listener=listener
        )
        listener.gate_ended(gate, runs[gate.id])

    before = _elapsed_before(bench.project)
    jobs = [
        Job(
            name=gate.id,
            cores=gate.cores or bench.cores,
            expected_s=before.get(gate.id, gate.timeout_s),
            work=lambda gate=gate: work_of(gate),  # type: ignore[misc]
        )
        for gate in gates
    ]
    if bench.project.facts:
        jobs.append(
            Job(
                name="the project's facts",
                cores=1,
                expected_s=float("inf"),
                work=lambda: facts.update(read_facts(bench, services)),
            )
        )
    try:
        run_side_by_side(jobs, cores=bench.cores, stop=bench.stop)
    finally:
        bench.stop.set()
        services.close()
    return tuple(runs[gate.id] for gate in gates), facts


def _elapsed_before(project: Project) -> dict[str, float]:
    try:
        return {gate.id: gate.elapsed_s for gate in read_run(project).gates}
    except CannotRun:
        return {}


def _host(bench: Bench) -> dict[str, str]:
    """Volatile: shown on one page only, outside the identical set."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "cores": str(bench.cores),
        "python": bench.python.version,
    }
