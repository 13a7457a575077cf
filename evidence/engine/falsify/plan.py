"""Which mutants there are to try, and which tests may notice each of them, in which gate."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evidence.engine.falsify.lines import Lines, read_lines, spans_of
from evidence.engine.falsify.listing import breakable, source_of
from evidence.engine.falsify.mutants import Mutant
from evidence.engine.falsify.sample import Sample
from evidence.engine.project import Project
from evidence.engine.register.model import Claim, Gate, Register
from evidence.engine.run.contexts import without_case
from evidence.engine.run.model import GateRun

_WARM, _WARM_S, _LEAST_GAIN = 12, 0.5, 20
# The mark that pytest's own documentation gives to such tests, and that which Hypothesis gives to
# its own: they run the same lines a hundred times.
_SLOW = frozenset({"slow", "hypothesis"})


@dataclass(frozen=True)
class Target:
    """A mutant, the tests that each claim on its code cites, and the cases that run its lines.

    `at_import` says that the lines also ran when their file was loaded, so that breaking the
    loaded function may come too late to show. What a decorator does shows before its function's
    lines run, or instead of that, so each case of a cited test may notice that one went.
    """

    mutant: Mutant
    claims: Mapping[str, frozenset[str]]
    cases: Mapping[str, tuple[str, ...]]
    diff: tuple[str, ...]
    span: tuple[int, int]
    at_import: bool = False

    @property
    def function(self) -> str:
        """That it breaks, as `path::name`."""
        return f"{self.mutant.path}::{self.mutant.unit}"

    @property
    def tests(self) -> frozenset[str]:
        """Everything that anybody cites for it."""
        return frozenset().union(*self.claims.values())


@dataclass(frozen=True)
class Recorded:
    """What a gate of tests recorded: the seconds that each test took, who ran which lines, and
    which tests are known to take long."""

    gate: Gate
    seconds: Mapping[str, float]
    lines: Lines
    slow: frozenset[str] = frozenset()

    def rank(self, test: str, cases: Sequence[str]) -> tuple[bool, int, str]:
        """Small tests first, by the lines they run, not by seconds: who kills a mutant first is
        published, and two builds of one commit have to agree. Lines count by powers of two, since
        what a test loads for others differs a little with the order in which tests run. Lines say
        nothing of waiting and of what other processes do, so whoever is marked as slow is last."""
        size = sum(self.lines.sizes.get(case, 0) for case in cases)
        return test in self.slow, size.bit_length(), test

    def runners(self, target: Target) -> frozenset[str]:
        """Every test of the gate that runs the mutant's lines, whoever cites it."""
        cases = self.lines.cases(target.mutant.path, target.span)
        return frozenset(map(without_case, cases))

    def broadest(self, tests: Iterable[str]) -> tuple[str, ...]:
        """A few quick tests that together run the most lines, so load the most of the project."""
        quick = [test for test in tests if self.seconds.get(test, _WARM_S) < _WARM_S]
        lines = self.lines.by_test(frozenset(quick))
        chosen: list[str] = []
        known: dict[str, int] = {}
        while len(chosen) < _WARM and quick:
            gains = {test: _gain(lines.get(test, {}), known) for test in quick}
            best = max(quick, key=lambda test: (gains[test], test))
            if gains[best] < _LEAST_GAIN:
                break
            chosen.append(best)
            for path, mask in lines[best].items():
                known[path] = known.get(path, 0) | mask
        return tuple(chosen)


def _gain(lines: Mapping[str, int], known: Mapping[str, int]) -> int:
    return sum((mask & ~known.get(path, 0)).bit_count() for path, mask in lines.items())


@dataclass
class Plan:
    """`claims` maps each claim with code to break to its mutants' ids. Those to try are `targets`;
    `left_out` are the ids that this build does not try for a claim, and `untried` the mutants
    that it tries for none."""

    claims: dict[str, tuple[str, ...]] = field(default_factory=dict)
    targets: dict[str, Target] = field(default_factory=dict)
    left_out: dict[str, tuple[str, ...]] = field(default_factory=dict)
    untried: dict[str, Target] = field(default_factory=dict)
    recorded: tuple[Recorded, ...] = ()

    def gate_of(self, test: str) -> Recorded | None:
        """The first gate that ran the test."""
        return next((each for each in self.recorded if test in each.seconds), None)


def make_plan(
    project: Project,
    register: Register,
    claims: Sequence[Claim],
    runs: Sequence[GateRun],
    results: Path,
    sample: Sample = Sample(),  # noqa: B008 - frozen
) -> Plan:
    """The mutants of these claims, by the results that their tests left in this run; those of
    critical claims come first."""
    plan = Plan()
    citing: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
    mutants: dict[str, Mutant] = {}
    for claim in sorted(claims, key=lambda claim: not claim.critical):
        found = breakable(project, claim).mutants
        mutants |= {mutant.id: mutant for mutant in found}
        _sampled(plan, claim, found, sample, citing)
    paths = sorted({mutant.path for mutant in mutants.values()})
    plan.recorded = tuple(recorded_by(register, runs, results, paths))
    sources = {path: source_of(project, path) for path in paths}
    spans = {path: spans_of(source) for path, source in sources.items()}
    for mutant in mutants.values():
        span = spans[mutant.path].get(mutant.line, (mutant.line, mutant.line))
        diff = mutant.diff(sources[mutant.path])
        where = plan.targets if mutant.id in citing else plan.untried
        where[mutant.id] = target_of(mutant, citing[mutant.id], span, diff, plan.recorded)
    return plan


def _sampled(
    plan: Plan,
    claim: Claim,
    found: Sequence[Mutant],
    sample: Sample,
    citing: dict[str, dict[str, frozenset[str]]],
) -> None:
    """Takes down the claim's mutants, who tries them, and which are left out."""
    tests = frozenset(link.text for link in claim.tests)
    for mutant in (chosen := sample.of(claim, found)):
        citing[mutant.id][claim.id] = tests
    if found:
        plan.claims[claim.id] = tuple(mutant.id for mutant in found)
    if len(chosen) < len(found):
        kept = {mutant.id for mutant in chosen}
        plan.left_out[claim.id] = tuple(each.id for each in found if each.id not in kept)


def target_of(
    mutant: Mutant,
    claims: Mapping[str, frozenset[str]],
    span: tuple[int, int],
    diff: tuple[str, ...],
    recorded: Sequence[Recorded],
) -> Target:
    """The mutant on its line's `span`, with who may notice it by what was recorded."""
    cited = frozenset().union(*claims.values())
    cases: dict[str, list[str]] = defaultdict(list)
    for each in recorded:
        everywhere = mutant.undecorated is not None
        for case in each.lines.sizes if everywhere else each.lines.cases(mutant.path, span):
            if (test := without_case(case)) in cited:
                cases[test].append(case)
    return Target(
        mutant=mutant,
        claims=claims,
        cases={test: tuple(sorted(found)) for test, found in cases.items()},
        diff=diff,
        span=span,
        at_import=mutant.undecorated is not None
        or any(each.lines.at_import(mutant.path, span) for each in recorded),
    )


def recorded_by(
    register: Register, runs: Sequence[GateRun], results: Path, paths: Sequence[str]
) -> Iterator[Recorded]:
    """What each gate of tests recorded of these files in this run."""
    for run in runs:
        gate = register.gate(run.id)
        if gate is None or not run.tests or not run.coverage:
            continue
        lines = read_lines(results / run.coverage, paths)
        if lines is not None:
            tests = json.loads((results / run.tests).read_bytes()).get("tests", ())
            yield Recorded(gate, _seconds(tests), lines, _slow(tests))


def _seconds(tests: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """How long each test took over all its cases and phases."""
    found: dict[str, float] = defaultdict(float)
    for test in tests:
        phases = (test.get(phase, {}) for phase in ("setup", "call", "teardown"))
        found[without_case(str(test["nodeid"]))] += sum(p.get("duration", 0.0) for p in phases)
    return found


def _slow(tests: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Those with a case under such a mark, or in a folder of that name: keywords tell of both."""
    return frozenset(
        without_case(str(test["nodeid"]))
        for test in tests
        if not _SLOW.isdisjoint(test.get("keywords", ()))
    )
