"""A gate as it is run against one broken promise: the same command, over less."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from evidence.engine.register.model import Gate, Patch, Register

DEADLINE_S = 120.0
# One broken promise takes one process: workers would only have to be started.
_WORKERS = re.compile(r"-n\S*|--(numprocesses|maxprocesses|dist)(=.*)?")
_WORKERS_WITH_A_WORD = frozenset({"-n", "--numprocesses", "--maxprocesses", "--dist"})


def for_tests(gate: Gate, tests: Iterable[str], *, name: str, root: Path, once: bool) -> Gate:
    """The gate of tests with these tests alone; with `once` it stops at the first that fails."""
    arguments = (
        *_options(gate, root),
        "--no-cov",
        *(("-x",) if once else ()),
        *tests,
    )
    limit_s = min(gate.timeout_s, DEADLINE_S) if once else gate.timeout_s
    return replace(gate, id=name, pytest=arguments, cores=1, timeout_s=limit_s, artifacts=())


def for_control(gate: Gate, patch: Patch, root: Path) -> Gate:
    """The gate as it stands, or over the narrower place that the patch names."""
    if not patch.narrow:
        return replace(gate, id=patch.name)
    if gate.pytest is not None:
        return for_tests(gate, patch.narrow, name=patch.name, root=root, once=True)
    return replace(gate, id=patch.name, run=(*gate.run, *patch.narrow))


def measured(gate: Gate, tests: Iterable[str], root: Path) -> Gate:
    """The gate of tests with these tests alone, which says as ever who ran which lines."""
    arguments = (*_options(gate, root), *tests)
    return replace(gate, pytest=arguments, cores=1, artifacts=())


def by_gate(
    tests: Iterable[str], register: Register, root: Path
) -> tuple[tuple[Gate, tuple[str, ...]], ...]:
    """The tests, each under the gate that runs it."""
    found: dict[str, tuple[Gate, tuple[str, ...]]] = {}
    for test in tests:
        if gate := gate_of(test, register, root):
            found[gate.id] = (gate, (*found.get(gate.id, (gate, ()))[1], test))
    return tuple(found.values())


def gate_of(test: str, register: Register, root: Path) -> Gate | None:
    """The first gate of tests whose paths hold this test, or else the first gate of tests."""
    gates = [gate for gate in register.gates if gate.pytest is not None]
    path = test.partition("::")[0]
    for gate in gates:
        given = [word.partition("::")[0].rstrip("/") for word in _paths(gate, root)]
        if not given or any(path == each or path.startswith(f"{each}/") for each in given):
            return gate
    return gates[0] if gates else None


def _options(gate: Gate, root: Path) -> list[str]:
    paths = set(_paths(gate, root))
    kept: list[str] = []
    before = ""
    for word in gate.pytest or ():
        is_workers = _WORKERS.fullmatch(word) or before in _WORKERS_WITH_A_WORD
        if not is_workers and word not in paths:
            kept.append(word)
        before = word
    return kept


def _paths(gate: Gate, root: Path) -> Iterator[str]:
    return (word for word in gate.places if (root / word.partition("::")[0]).exists())
