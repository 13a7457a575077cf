"""One breakage in front of a reviewer: green, the diff, red, and green again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from evidence.engine.falsify.model import PatchRun
from evidence.engine.falsify.sabotage.narrowed import by_gate, for_tests
from evidence.engine.falsify.sabotage.outcome import red_tests
from evidence.engine.falsify.sabotage.stage import Ground
from evidence.engine.falsify.sabotage.trial import Lane, gate_unbroken, tests_of, try_patch
from evidence.engine.falsify.sabotage.words import OUTCOMES
from evidence.engine.mistakes import CannotRun, did_you_mean
from evidence.engine.register.model import Patch, Register
from evidence.engine.run.listener import Listener
from evidence.engine.run.model import GateStatus


@dataclass(frozen=True)
class Stage:
    """Where it is shown. `say` prints a line, `listener` hears what runs."""

    ground: Ground
    say: Callable[[str], None]
    listener: Listener


def chosen_patches(register: Register, names: Sequence[str]) -> tuple[Patch, ...]:
    """The patches of these claims or gates, or called so; all of them without names. Raises
    CannotRun for a name that is none, and for one that has no patch."""
    if not names:
        return register.patches
    known = [claim.id for claim in register.claims]
    known += [gate.id for gate in register.gates] + [patch.name for patch in register.patches]
    found: dict[str, Patch] = {}
    for name in names:
        if name not in known:
            raise CannotRun(
                f"{name}: no claim, gate or patch is called so{did_you_mean(name, known)}"
            )
        mine = [patch for patch in register.patches if name in (patch.breaks, patch.name)]
        if not mine:
            raise CannotRun(f"{name}: nothing is broken to test it; write a patch that does")
        found.update((patch.name, patch) for patch in mine)
    return tuple(found.values())


def listed(register: Register, patches: Sequence[Patch]) -> Iterator[str]:
    """One line a patch: what it breaks, its name, what is broken."""
    for patch in patches:
        yield f"{patch.breaks:<20} {patch.name:<32} {patch.says}"


def show(patch: Patch, stage: Stage) -> bool:
    """Whether the promise was green, was caught when broken, and was green again."""
    stage.say(_promise(patch, stage.ground.register))
    stage.say(f"{patch.place.file}: {patch.says}")
    for line in patch.diff.splitlines():
        stage.say(f"    {line}")
    with stage.ground.lane() as free:
        seen, before = _unbroken(patch, replace(free, listener=stage.listener), stage, "unbroken")
        run = _broken(patch, seen, stage)
        seen.clone.mend()
        if not run.outcome.is_kill:
            return False
        _, after = _unbroken(patch, seen, stage, "restored")
    return before and after


def _promise(patch: Patch, register: Register) -> str:
    if patch.is_control:
        gate = register.gate(patch.breaks)
        return f"gate {patch.breaks}  {gate.proves if gate else ''}"
    claim = next(each for each in register.claims if each.id == patch.breaks)
    return f"{claim.id}  {claim.says}"


def _broken(patch: Patch, lane: Lane, stage: Stage) -> PatchRun:
    run = try_patch(patch, lane)
    _quiet(stage, lane)
    word = "red" if run.outcome.is_kill else "NOT RED"
    stage.say(f"broken    {word}, {OUTCOMES[run.outcome]}{f': {run.why}' if run.why else ''}")
    for line in run.log:
        stage.say(f"    {line}")
    return run


def _unbroken(patch: Patch, lane: Lane, stage: Stage, word: str) -> tuple[Lane, bool]:
    """The lane, which then knows what unbroken looks like, and whether that is green."""
    if patch.is_control:
        lane = gate_unbroken(patch, lane, word)
        clean = lane.run.gates[0]
        red = "" if clean.status is GateStatus.PASSED else f"RED: {clean.why}"
    else:
        red = _tests_unbroken(patch, lane, word)
    _quiet(stage, lane)
    stage.say(f"{word:<9} {red or 'green'}")
    return lane, not red


def _tests_unbroken(patch: Patch, lane: Lane, word: str) -> str:
    root = lane.bench.project.root
    red: dict[str, str] = {}
    tests = tests_of(patch, lane.register)
    for number, (gate, asked) in enumerate(by_gate(tests, lane.register, root)):
        name = f"{patch.name}_{word}_{number}"
        run = lane.run_gate(for_tests(gate, asked, name=name, root=root, once=False))
        red |= red_tests(run, lane.bench.results / name / "pytest.json", asked)
    return "; ".join(f"RED: {test} {why}" for test, why in red.items())


def _quiet(stage: Stage, lane: Lane) -> None:
    """The line that showed what runs is taken away."""
    for name in sorted(path.name for path in lane.bench.scratch.iterdir()):
        stage.listener.progress(name, 1, 1)
