"""Which demo steps ran in a real browser, as the gate that walks them recorded it.

The gate leaves `demo/steps.json` among its artifacts: `{"steps": [{"id": "buy", "status":
"passed", "why": "", "screenshot": "buy.png"}]}`, each screenshot beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evidence.engine.judge.model import Rung, RungVerdict, Shown, Standing
from evidence.engine.register.model import Claim, Register
from evidence.engine.run.model import GateRun, GateStatus, Run

STEPS = "demo/steps.json"
PASSED = "passed"


@dataclass(frozen=True)
class Walk:
    """The walk of one run. `why` says why there was none; then `steps` is empty."""

    steps: dict[str, Shown] = field(default_factory=dict)
    why: str = ""
    has_failed: bool = False


def read_walk(register: Register, run: Run, folder: Path) -> Walk:
    """What the demo's gate recorded under the results `folder`."""
    if register.demo is None:
        return Walk(why="this project has no demo.yml")
    gate = run.gate(register.demo.gate.text)
    if gate is None:
        return Walk(why=f"gate {register.demo.gate.text} was not among this run's gates")
    if gate.status is GateStatus.NOT_RUN:
        return Walk(why=f"gate {gate.id} was not run: {gate.why.removeprefix('not run: ')}")
    try:
        return Walk(_steps(gate, folder))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        why = f"gate {gate.id} left no readable {STEPS} among its artifacts; read its log"
        return Walk(why=why, has_failed=True)


def demonstrated(claim: Claim, walk: Walk) -> RungVerdict:
    """The rung of one claim. Not measured only where nothing could walk the demo."""
    if claim.demo is None:
        return RungVerdict(Rung.DEMONSTRATED, Standing.NOT_APPLICABLE)
    shown = walk.steps.get(claim.demo.text)
    step = f"Demo step {claim.demo.text}"
    if shown is None and not walk.has_failed and walk.why:
        return RungVerdict(Rung.DEMONSTRATED, Standing.NOT_MEASURED, (f"{step}: {walk.why}.",))
    if shown is None:
        why = walk.why or "the walk did not reach it; read the log of its gate"
        return RungVerdict(Rung.DEMONSTRATED, Standing.NO, (f"{step}: {why}.",))
    if shown.status != PASSED:
        why = shown.why.rstrip(".") or f"it {shown.status}"
        return RungVerdict(Rung.DEMONSTRATED, Standing.NO, (f"{step}: {why}.",))
    if not shown.screenshot:
        return RungVerdict(Rung.DEMONSTRATED, Standing.NO, (f"{step} left no screenshot.",))
    return RungVerdict(Rung.DEMONSTRATED, Standing.YES)


def _steps(gate: GateRun, folder: Path) -> dict[str, Shown]:
    home = f"{gate.id}/artifacts/"
    if home + STEPS not in gate.artifacts:
        raise ValueError("not kept")
    told: dict[str, Any] = json.loads((folder / home / STEPS).read_text("utf-8"))
    return {str(step["id"]): _shown(step, home, gate.artifacts) for step in told["steps"]}


def _shown(step: dict[str, Any], home: str, kept: tuple[str, ...]) -> Shown:
    picture = f"{home}{STEPS.rpartition('/')[0]}/{step.get('screenshot') or ''}"
    return Shown(
        status=str(step["status"]),
        why=str(step.get("why", "")),
        screenshot=picture if picture in kept else "",
    )
