"""Every mutant of the register's claims in one run, or those of some claims, live."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from evidence.engine.falsify.known import Known
from evidence.engine.falsify.model import Falsification
from evidence.engine.falsify.record import read_falsified, write_falsified
from evidence.engine.falsify.sabotage.narrowed import by_gate, measured
from evidence.engine.falsify.stage import Broken, break_code
from evidence.engine.mistakes import CannotRun
from evidence.engine.project import Project
from evidence.engine.register.model import Claim, Register
from evidence.engine.run.bench import Bench
from evidence.engine.run.gates import run_gate
from evidence.engine.run.listener import Listener, OneAtATime
from evidence.engine.run.measured import cited_files
from evidence.engine.run.model import GateStatus, Run, Tree, unrecorded
from evidence.engine.run.record import results_folder, staging
from evidence.engine.run.schedule import usable_cores
from evidence.engine.run.services import Services
from evidence.engine.run.signals import heeding_signals
from evidence.engine.run.tools import ask_python
from evidence.engine.run.tree import read_tree
from evidence.engine.run.versions import Versions, distributions
from evidence.engine.run.watchdog import watchdog


def mutate(
    project: Project,
    register: Register,
    run: Run,
    listener: Listener,
    *,
    per_claim: int,
    known: Known | None = None,
) -> Broken:
    """Break the code of every claim; what came of it is written beside the recorded run.

    Call it under the project's lock. However it ends, no process it started is left.
    """
    found = try_claims(
        project, register, register.claims, run, listener, per_claim=per_claim, known=known
    )
    results = results_folder(project)
    before = read_falsified(results) or Falsification()
    write_falsified(results, replace(found.record, patches=before.patches))
    return found


def try_claims(
    project: Project,
    register: Register,
    claims: Sequence[Claim],
    run: Run,
    listener: Listener,
    *,
    per_claim: int = 0,
    known: Known | None = None,
) -> Broken:
    """Break the code of these claims, in at most so many ways each unless that is 0; nothing is
    written."""
    with _opened(project, register, run.tree) as (bench, services):
        return break_code(
            register,
            claims,
            run.gates,
            results=results_folder(project),
            bench=bench,
            services=services,
            listener=OneAtATime(listener),
            per_claim=per_claim,
            known=known,
        )


def try_live(
    project: Project,
    register: Register,
    claims: Sequence[Claim],
    listener: Listener,
    *,
    look: Callable[[Run, Path], None],
) -> Broken:
    """Break the code of these claims as the files are now. The tests that they cite run first, to
    see who runs what, and `look` is given that run with the folder of what it left; nothing stays.
    Call it under the project's lock. Raises CannotRun when these tests cannot run here."""
    tests = [link.text for claim in claims for link in claim.tests]
    with _opened(project, register, tree := read_tree(project)) as (bench, services):
        versions, runs = Versions(bench), []
        for asked, cited in by_gate(dict.fromkeys(tests), register, project.root):
            gate = measured(asked, cited, project.root)
            found = run_gate(
                gate, bench=bench, services=services, versions=versions, listener=listener
            )
            listener.gate_ended(gate, found)
            if found.status is GateStatus.NOT_RUN or not (found.tests and found.coverage):
                raise CannotRun(f"gate {gate.id}: {found.why or 'nothing was recorded of it'}")
            runs.append(found)
        look(replace(unrecorded(tree), gates=tuple(runs)), bench.results)
        return break_code(
            register,
            claims,
            runs,
            results=bench.results,
            bench=bench,
            services=services,
            listener=OneAtATime(listener),
            per_claim=0,
        )


@contextmanager
def _opened(project: Project, register: Register, tree: Tree) -> Iterator[tuple[Bench, Services]]:
    """Where things are run; gone without a trace afterwards."""
    with staging(project) as (staged, scratch), heeding_signals(), watchdog() as guard:
        bench = Bench(
            project=project,
            python=ask_python(project, distributions(register)),
            tree=tree,
            results=staged,
            scratch=scratch,
            cores=usable_cores(project.cores),
            measured=cited_files(register),
            watchdog=guard,
        )
        services = Services(bench)
        try:
            yield bench, services
        finally:
            bench.stop.set()
            services.close()
