"""reuse and what it asks: which results count again, decided without running a gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evidence.engine import reuse
from evidence.engine.falsify.extent import Extent
from evidence.engine.mistakes import CannotRun
from evidence.engine.reuse import Again, Reuse, same_again
from evidence.engine.run import inputs, sealed
from evidence.engine.run.inputs import differing, inputs_of
from evidence.engine.run.model import GateStatus
from evidence.engine.run.sealed import Refused

PROJECT: Any = SimpleNamespace(work=Path("work"), build=Path("build"), cores=2)
INPUTS = {"commit": "1", "files": "2"}
SEAL = sealed.results_seal(PROJECT)


@dataclass(frozen=True)
class Gate:
    id: str
    status: GateStatus
    reused_from: str | None = None


@dataclass(frozen=True)
class Run:
    gates: tuple[Gate, ...]
    tree: Any = field(default_factory=lambda: SimpleNamespace(commit="abc"))
    started_at: str = "2026-01-01"


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Reuse]:
    """A run that was recorded with these gates, and sealed with those inputs."""

    def with_(*gates: Gate) -> Reuse:
        def check(project: object, seal: object, given: object) -> None:
            assert (project, seal) == (PROJECT, SEAL)
            if given != INPUTS:
                raise Refused("files changed")

        monkeypatch.setattr(sealed, "check", check)
        monkeypatch.setattr(reuse, "read_run", lambda project: Run(gates))
        return Reuse(PROJECT, (), INPUTS, {})

    return with_


def test_recorded_run_counts_again_and_each_gate_says_so(recorded: Callable[..., Reuse]) -> None:
    passed, skipped = Gate("tests", GateStatus.PASSED), Gate("compose", GateStatus.NOT_RUN)
    run = recorded(passed, skipped).recorded_run()
    assert run.gates == (
        Gate("tests", GateStatus.PASSED, "abc"),
        Gate("compose", GateStatus.NOT_RUN, "abc"),
    )


def test_changed_inputs_and_failed_gates_never_count_again(
    recorded: Callable[..., Reuse], monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = [Gate(name, GateStatus.FAILED) for name in ("lint", "types")]
    with pytest.raises(Refused, match=r"^lint, types failed$"):
        recorded(Gate("tests", GateStatus.PASSED), *failed).recorded_run()

    recorded(Gate("tests", GateStatus.PASSED))
    with pytest.raises(Refused, match="files changed"):
        Reuse(PROJECT, (), {**INPUTS, "files": "3"}, {}).recorded_run()

    def unreadable(project: object) -> None:
        raise CannotRun("no run")

    monkeypatch.setattr(reuse, "read_run", unreadable)
    with pytest.raises(Refused, match="nothing was found before"):
        Reuse(PROJECT, (), INPUTS, {}).recorded_run()


def test_call_says_the_same_again_once_results_and_build_are_vouched_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Vouched:
        is_edited = False

        def recorded_run(self) -> Run:
            return Run(())

        def check_build(self) -> None:
            if self.is_edited:
                raise Refused("edited")

    found = Vouched()
    note = {"programs": ["git"], "said": ["gates 3"], "exit_code": 1, "broken": "patches"}

    def reused(project: object, programs: tuple[str, ...]) -> Vouched:
        assert (project, programs) == (PROJECT, ("git",))
        return found

    monkeypatch.setattr(sealed, "note_of", lambda project, seal: note)
    monkeypatch.setattr(reuse, "_reuse", reused)
    assert same_again(PROJECT) == Again("2026-01-01", ("gates 3",), 1, Extent.PATCHES)
    del note["broken"]
    assert same_again(PROJECT).broken is Extent.NOTHING
    found.is_edited = True
    with pytest.raises(Refused, match="edited"):
        same_again(PROJECT)


def test_seal_is_broken_by_other_inputs_which_are_named_and_by_edits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edits: list[object] = []
    monkeypatch.setattr(sealed, "_vouched", lambda project, seal: {"inputs": INPUTS})
    monkeypatch.setattr(sealed, "check_unedited", lambda *given: edits.append(given))
    sealed.check(PROJECT, SEAL, INPUTS)
    assert edits == [(PROJECT, SEAL)]
    with pytest.raises(Refused, match=r"^commit, cores changed$"):
        sealed.check(PROJECT, SEAL, {"files": "2", "commit": "3", "cores": "4"})


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What inputs are worked out from; a test may change one thing at a time."""
    machine: dict[str, Any] = {
        "engine": "1", "cores": 2, "ignored": ["a"], "asked": "x", "env": {"PATH": "/bin"},
        "programs": ["git 1"], "services": ["base 18"], "commit": "1", "dirty": False, "files": {},
    }  # fmt: skip

    def environment(project: object, python: Any) -> dict[str, str]:
        assert (python.path, python.venv) == ("/venv/bin/python", Path("/venv"))
        return dict(machine["env"])

    def told(name: str) -> Callable[..., Any]:
        return lambda *given: machine[name]

    monkeypatch.setattr(inputs, "find_python", lambda project: "/venv/bin/python")
    monkeypatch.setattr(inputs, "gate_environment", environment)
    monkeypatch.setattr(inputs, "usable_cores", told("cores"))
    monkeypatch.setattr(inputs, "_engine", told("engine"))
    monkeypatch.setattr(inputs, "_ignored", told("ignored"))
    monkeypatch.setattr(inputs, "_ask", told("asked"))
    monkeypatch.setattr(inputs, "_programs", told("programs"))
    monkeypatch.setattr(inputs, "_services", told("services"))
    return machine


CHANGES: list[tuple[str, object, str]] = [
    ("engine", "2", "engine"),
    ("cores", 3, "cores"),
    ("ignored", ["a", "b"], "ignored files"),
    ("asked", "y", "python and packages"),
    ("env", {"PATH": "/bin", "LC_ALL": "C"}, "environment"),
    ("programs", ["git 2"], "programs"),
    ("services", ["base 19"], "services"),
    ("commit", "2", "commit"),
    ("dirty", True, "commit"),
    ("files", {"a.py": "1"}, "files"),
]


def test_each_input_has_a_name_and_any_change_to_it_is_seen(machine: dict[str, Any]) -> None:
    def now() -> dict[str, str]:
        tree: Any = SimpleNamespace(commit=machine["commit"], dirty=machine["dirty"])
        return inputs_of(PROJECT, ("git",), tree, machine["files"])

    before = now()
    assert len(before) == 9
    assert differing(before, now()) == ()
    for changed, value, name in CHANGES:
        machine[changed], as_it_was = value, machine[changed]
        assert differing(before, now()) == (name,)
        machine[changed] = as_it_was
