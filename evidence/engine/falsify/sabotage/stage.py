"""Every patch, each in a copy of the project, as many side by side as there are cores."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path

from evidence.engine.falsify.known import Known, patches_disagree
from evidence.engine.falsify.model import Falsification, PatchRun
from evidence.engine.falsify.record import read_falsified, write_falsified
from evidence.engine.falsify.sabotage.clone import Clone, make_clone
from evidence.engine.falsify.sabotage.controls import Controls
from evidence.engine.falsify.sabotage.forked import Forked, Quick, quick, try_forked
from evidence.engine.falsify.sabotage.trial import Lane, tests_of, try_patch
from evidence.engine.falsify.trace import Shared, Trace
from evidence.engine.project import Project
from evidence.engine.register.model import Gate, Patch, Register
from evidence.engine.run.bench import Bench
from evidence.engine.run.listener import Listener, OneAtATime
from evidence.engine.run.model import Run
from evidence.engine.run.record import results_folder, staging
from evidence.engine.run.schedule import Job, run_side_by_side, usable_cores
from evidence.engine.run.services import Services
from evidence.engine.run.signals import heeding_signals
from evidence.engine.run.tools import ask_python
from evidence.engine.run.tree import read_files
from evidence.engine.run.versions import Versions, distributions
from evidence.engine.run.watchdog import watchdog


@dataclass(frozen=True)
class Sabotaged:
    """What each patch of the register came to, in its order, and what is wrong with how it was
    found out."""

    runs: tuple[PatchRun, ...]
    complaints: tuple[str, ...] = ()


def sabotage(
    project: Project,
    register: Register,
    run: Run,
    listener: Listener,
    known: Known | None = None,
) -> Sabotaged:
    """Break each promise that has a patch; what came of it is written beside the recorded run. What
    is `known` from the run before counts again.

    The gates of `run` are what unbroken looks like. Call it under the project's lock. Raises
    CannotRun when no copy can be made. However it ends, no process it started is left.
    """
    asked = {
        patch.name: (patch, tests_of(patch, register))
        for patch in register.patches
        if not patch.is_control
    }
    again, checked = known.patches(asked) if known else ({}, {})
    runs, complaints = dict(again), []
    traces: dict[str, Trace | None] = {}
    if left := [patch for patch in register.patches if patch.name not in again]:
        with opened_ground(project, register, run, listener) as ground:
            runs |= {found.patch: found for found in ground.try_all(left)}
            complaints += ground.complaints
            traces = ground.traces
            if known:
                known.shares(ground.shared)
    found = tuple(runs[patch.name] for patch in register.patches)
    results = results_folder(project)
    record = read_falsified(results) or Falsification()
    complaints += patches_disagree(checked, runs)
    record = replace(record, patches=found, complaints=(*record.complaints, *complaints))
    if known:
        tried = {name: each for name, each in asked.items() if not runs[name].why}
        before = known.before.record.traces
        went = {name: (before if name in again else traces).get(name) for name in tried}
        keys = {name: known.of_patch(*each, went[name]) for name, each in tried.items()}
        record = replace(
            record,
            keys=record.keys | keys,
            traces=record.traces | went,
            **known.recorded(),
        )
    write_falsified(results, record)
    return Sabotaged(found, tuple(complaints))


@contextmanager
def opened_ground(
    project: Project, register: Register, run: Run, listener: Listener
) -> Iterator[Ground]:
    """Where patches are tried; gone without a trace afterwards."""
    with staging(project) as (results, scratch), heeding_signals(), watchdog() as guard:
        bench = Bench(
            project=project,
            python=ask_python(project, distributions(register)),
            tree=run.tree,
            results=results,
            scratch=scratch,
            cores=usable_cores(project.cores),
            watchdog=guard,
        )
        ground = Ground(bench, register, run, OneAtATime(listener))
        try:
            yield ground
        finally:
            bench.stop.set()
            ground.services.close()


class Ground:
    """Where patches are tried: a copy of the project a core, and the services they share."""

    def __init__(self, bench: Bench, register: Register, run: Run, listener: Listener) -> None:
        self.bench = bench
        self.register = register
        self.run = run
        self.listener = listener
        self.services, self.versions = Services(bench), Versions(bench)
        self._files = sorted(read_files(bench.project))
        self.complaints: list[str] = []
        # Where a patch's trial went; in processes of its own only by whole files.
        self.traces: dict[str, Trace | None] = {}
        self.shared = Shared()
        self._lanes: queue.SimpleQueue[Lane] = queue.SimpleQueue()
        self._numbers = count(1)

    def try_all(self, patches: Sequence[Patch]) -> tuple[PatchRun, ...]:
        """Each once: in a fork where that can show it, and else in processes of its own, beside one
        run of the same tests on unbroken code."""
        done = count(1)

        def one_more() -> None:
            self.listener.progress("sabotage", next(done), len(patches))

        forked = self._forked(patches)
        for _ in forked.caught:
            one_more()
        left = [patch for patch in patches if patch.name not in forked.caught]
        self.traces |= {name: forked.traces.get(name) for name in forked.caught}
        self.shared |= forked.shared
        runs = forked.caught | self._apart(left, one_more)
        self.complaints += [*forked.complaints, *forked.disagreements(runs)]
        return tuple(runs[patch.name] for patch in patches)

    def _forked(self, patches: Sequence[Patch]) -> Forked:
        found: dict[str, tuple[Gate, Quick]] = {}

        def look_at(patch: Patch) -> None:
            with self.lane() as lane:
                if each := quick(patch, self.register, lane.clone, self.bench.project.root):
                    found[patch.name] = each

        jobs = [Job(patch.name, 1, 1.0, partial(look_at, patch)) for patch in patches]
        run_side_by_side(jobs, cores=self.bench.cores, stop=self.bench.stop)
        return try_forked(
            [found[patch.name] for patch in patches if patch.name in found],
            register=self.register,
            runs=self.run.gates,
            results=results_folder(self.bench.project),
            bench=self.bench,
            services=self.services,
        )

    def _apart(self, patches: Sequence[Patch], tell: Callable[[], None]) -> dict[str, PatchRun]:
        found: dict[str, PatchRun] = {}
        controls = Controls(self.register, patches, self.bench.project.root)

        def work_of(patch: Patch) -> None:
            with self.lane() as lane:
                found[patch.name] = try_patch(patch, lane)
                self.traces |= lane.traces
            tell()

        def control() -> None:
            with self.lane() as lane:
                controls.run(lane)

        jobs = [Job("unbroken", 1, float("inf"), control)] if controls.tests else []
        jobs += [
            Job(patch.name, 1, 2.0 if patch.is_control else 1.0, partial(work_of, patch))
            for patch in patches
        ]
        run_side_by_side(jobs, cores=self.bench.cores, stop=self.bench.stop)
        return {patch.name: controls.judged(found[patch.name], patch) for patch in patches}

    @contextmanager
    def lane(self) -> Iterator[Lane]:
        """A copy that nobody else uses; mended before somebody else gets it."""
        lane = self._free_lane()
        try:
            yield lane
        finally:
            lane.clone.mend()
            self._lanes.put(lane)

    def _free_lane(self) -> Lane:
        try:
            return self._lanes.get_nowait()
        except queue.Empty:
            return self._new_lane(next(self._numbers))

    def _new_lane(self, number: int) -> Lane:
        at = self.bench.scratch / f"copy-{number}"
        clone = make_clone(self.bench.project, self._files, at)
        bench = replace(
            self.bench,
            project=_moved(self.bench.project, clone),
            results=self.bench.results / str(number),
            scratch=self.bench.scratch / f"out-{number}",
        )
        return Lane(
            clone=clone,
            files=self._files,
            bench=bench,
            register=self.register,
            run=self.run,
            clean_logs=results_folder(self.bench.project),
            services=self.services,
            versions=self.versions,
        )


def _moved(project: Project, clone: Clone) -> Project:
    """The project as it stands in the copy; its folders for output lie in the copy too."""

    def moved(path: Path) -> Path:
        return clone.root / path.relative_to(project.root)

    return replace(
        project,
        root=clone.root,
        register=moved(project.register),
        build=moved(project.build),
        work=moved(project.work),
    )
