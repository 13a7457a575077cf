"""The stage between gates and judge: everything that is broken on purpose in one run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from evidence.engine.falsify.control import Controls
from evidence.engine.falsify.fresh import Alone, choose, in_batches, longest_first
from evidence.engine.falsify.harness import Tried, as_runs, try_mutants
from evidence.engine.falsify.known import Known, disagreements
from evidence.engine.falsify.model import Falsification, MutantRun
from evidence.engine.falsify.plan import Plan, Recorded, Target, make_plan
from evidence.engine.falsify.pool import Worker, pool
from evidence.engine.falsify.sample import Sample
from evidence.engine.falsify.trace import NOTHING, Shared, Trace
from evidence.engine.register.model import Claim, Register
from evidence.engine.run.bench import Bench
from evidence.engine.run.listener import Listener
from evidence.engine.run.model import GateRun
from evidence.engine.run.services import ServiceFailed, Services


@dataclass(frozen=True)
class Broken:
    """What was found out, and how the time went, in seconds by what was done."""

    record: Falsification
    seconds: dict[str, float]


@dataclass
class _Work:
    """What one run has found out so far."""

    plan: Plan
    seconds: dict[str, float] = field(default_factory=dict)
    tried: Tried = field(default_factory=Tried)
    red: dict[str, str] = field(default_factory=dict)
    flaky: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    fresh: dict[str, str] = field(default_factory=dict)
    audited: int = 0
    shared: Shared = field(default_factory=Shared)


def break_code(
    register: Register,
    claims: Sequence[Claim],
    runs: Sequence[GateRun],
    *,
    results: Path,
    bench: Bench,
    services: Services,
    listener: Listener,
    per_claim: int,
    known: Known | None = None,
) -> Broken:
    """The mutants of these claims' code, at most `per_claim` of each unless that is 0, against the
    tests that they cite. What is `known` from the run before counts again."""
    began = time.monotonic()
    sample = Sample(per_claim, bench.tree.commit, bench.project.mutants_whole)
    plan = make_plan(bench.project, register, claims, runs, results, sample)
    units = _by_name(plan.targets.values())
    again, checked = known.functions(units) if known else ({}, {})
    for each in again:
        del plan.targets[each]
    work = _Work(plan, {"plan": time.monotonic() - began})
    for recorded in plan.recorded:
        tests = _tests_of(plan, recorded)
        if not tests:
            continue
        try:
            warm = recorded.broadest(tests)
            with pool(
                recorded.gate,
                tests,
                warm=warm,
                bench=bench,
                services=services,
            ) as workers:
                _in_gate(work, recorded, tests, workers, bench, listener)
        except ServiceFailed as error:
            work.complaints.append(f"Gate {recorded.gate.id}: {error}.")
    tried = as_runs(plan, work.tried, work.fresh)
    work.complaints += disagreements(checked, {run.id: run for run in tried})
    record = Falsification(
        claims=plan.claims,
        left_out=plan.left_out,
        mutants=(*tried, *(_without(run, work.red) for run in again.values())),
        red=dict(sorted(work.red.items())),
        flaky=tuple(sorted(work.flaky)),
        complaints=tuple(work.complaints),
        audited=work.audited,
    )
    if known:
        known.shares(work.shared)
        untried = {run.id for run in record.mutants if run.why}
        keys, traces = _keys(known, units, again, work, untried)
        record = replace(record, keys=keys, traces=traces, **known.recorded())
    return Broken(record, work.seconds)


def _by_name(targets: Iterable[Target]) -> dict[str, list[Target]]:
    """The mutants of each function together, for each is tried in the light of the others."""
    units: dict[str, list[Target]] = {}
    for target in targets:
        units.setdefault(target.function, []).append(target)
    return units


def _without(run: MutantRun, red: Mapping[str, str]) -> MutantRun:
    """A test that is not green in this run takes no kill, whatever it took before."""
    return replace(run, trials=tuple(each for each in run.trials if each.test not in red))


def _keys(
    known: Known,
    units: Mapping[str, Sequence[Target]],
    again: Mapping[str, MutantRun],
    work: _Work,
    untried: Set[str],
) -> tuple[dict[str, str], dict[str, Trace | None]]:
    """What the results of each function hang on, if they may count again at all, and where all of
    its trials went."""
    keys, traces = {}, {}
    for name, targets in units.items():
        if any(t.mutant.id in untried or t.tests & work.red.keys() for t in targets):
            continue
        if targets[0].mutant.id in again:
            traces[name] = known.before.record.traces[name]
        else:
            # What no test runs went nowhere.
            traces[name] = work.tried.traces.get(name, NOTHING)
        keys[name] = known.of_function(targets, traces[name])
    return keys, traces


def _tests_of(plan: Plan, recorded: Recorded) -> list[str]:
    """What claims with something to break cite, if this gate is the first that ran it."""
    cited = {test for target in plan.targets.values() for test in target.tests}
    return sorted(test for test in cited if plan.gate_of(test) is recorded)


def _in_gate(
    work: _Work,
    recorded: Recorded,
    tests: list[str],
    workers: tuple[Worker, ...],
    bench: Bench,
    listener: Listener,
) -> None:
    controls = Controls()
    with _timed(work, "mutants"):
        _forked(work, recorded, controls, workers, bench, listener)
    needed = [each for each in work.plan.targets.values() if _needs_fresh(each, work.tried)]
    with _timed(work, "controls"):
        controls.before(
            {test for each in needed for test in each.tests}.intersection(tests), workers, bench
        )
    alone = Alone(recorded, controls, work.tried)
    with _timed(work, "controls again"):
        killers = {
            t.test for trials in work.tried.trials.values() for t in trials if t.outcome.is_kill
        }
        controls.after(killers.intersection(tests), workers, bench)
        for worker in workers:
            worker.close()
    in_new = _counted(listener, "mutants in new processes", len(needed))
    with _timed(work, "fresh"), in_new as tell:
        alone.try_all(needed, workers, bench, tell=tell)
    with _timed(work, "audit"):
        checks = choose(work.plan, recorded, work.tried, bench.tree.commit)
        batches = longest_first(
            in_batches(checks, recorded, controls.starters), recorded, work.tried
        )
        with _counted(listener, "mutants again, in new processes", len(batches)) as tell:
            alone.audit(batches, workers, bench, tell=tell)
    _gather(work, controls, alone, workers)


def _forked(
    work: _Work,
    recorded: Recorded,
    controls: Controls,
    workers: tuple[Worker, ...],
    bench: Bench,
    listener: Listener,
) -> None:
    with _counted(listener, "mutants", len(work.plan.targets)) as tell:
        try_mutants(work.plan, recorded, controls, workers, work.tried, bench=bench, tell=tell)


@contextmanager
def _counted(listener: Listener, what: str, total: int) -> Iterator[Callable[[], None]]:
    """Within the block, workers say with the given function that one more of so many is done."""
    done, lock = count(1), threading.Lock()

    def one_more() -> None:
        # The last has to be told last.
        with lock:
            listener.progress(what, next(done), total)

    listener.progress(what, 0, total)
    try:
        yield one_more
    finally:
        listener.progress(what, total, total)


def _needs_fresh(target: Target, tried: Tried) -> bool:
    """A fork could not show it, or showed it after the lines had run for good."""
    mutant = target.mutant.id
    if mutant in tried.unforked:
        return True
    return target.at_import and tried.is_wanting(target)


def _gather(work: _Work, controls: Controls, alone: Alone, workers: Sequence[Worker]) -> None:
    work.red.update(controls.red)
    work.flaky |= controls.flaky
    work.fresh.update(alone.problems)
    for worker in workers:
        work.shared |= worker.shared
    work.audited += alone.audited
    work.complaints += [*controls.complaints, *alone.disagreements]
    work.complaints += [f"A fork server was given up: {why}." for w in workers for why in w.died]


class _timed:  # noqa: N801 - reads as a word
    """Adds the seconds of a block to the work's own account."""

    def __init__(self, work: _Work, name: str) -> None:
        self._work, self._name = work, name

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        seconds = self._work.seconds
        seconds[self._name] = seconds.get(self._name, 0.0) + time.monotonic() - self._began
