"""What was broken on purpose, on disk beside the run that it belongs to."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from evidence.engine.falsify.model import Falsification, MutantRun, Outcome, PatchRun, Trial
from evidence.engine.mistakes import CannotRun

_FORMAT = 4
_NAME = "falsified.json"


def write_falsified(results: Path, found: Falsification) -> None:
    """Into a run's results, whole or not at all. `patches` and mutants may be written by two
    stages: the later one reads, replaces its part and writes again."""
    told = {"format": _FORMAT, **dataclasses.asdict(found)}
    text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    beside = results / f"{_NAME}.new"
    beside.write_text(text, "utf-8", newline="\n")
    beside.replace(results / _NAME)


def read_falsified(results: Path) -> Falsification | None:
    """None when nothing was broken in that run. Raises CannotRun for a file that is no record."""
    path = results / _NAME
    try:
        told = json.loads(path.read_text("utf-8"))
        if told.pop("format") != _FORMAT:
            raise ValueError("another version of the engine wrote it")
        return _of(told)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise CannotRun(
            f"{path}: cannot be read ({error}); run the gates again: python build_evidence.py run"
        ) from error


def _of(told: dict[str, Any]) -> Falsification:
    claims, patches = told["claims"], told["patches"]
    return Falsification(
        claims=None if claims is None else {claim: tuple(ids) for claim, ids in claims.items()},
        left_out={claim: tuple(ids) for claim, ids in told["left_out"].items()},
        mutants=tuple(map(_mutant, told["mutants"])),
        red=dict(told["red"]),
        flaky=tuple(told["flaky"]),
        complaints=tuple(told["complaints"]),
        audited=told["audited"],
        patches=None if patches is None else tuple(map(_patch, patches)),
        keys=dict(told["keys"]),
        contained=dict(told["contained"]),
        strays={
            name: None if found is None else tuple(found) for name, found in told["strays"].items()
        },
    )


def _mutant(told: dict[str, Any]) -> MutantRun:
    trials = tuple(
        Trial(**{**each, "outcome": Outcome(each["outcome"])}) for each in told["trials"]
    )
    return MutantRun(**{**told, "diff": tuple(told["diff"]), "trials": trials})


def _patch(told: dict[str, Any]) -> PatchRun:
    lists = {name: tuple(told[name]) for name in ("diff", "killed_by", "log")}
    return PatchRun(**{**told, **lists, "outcome": Outcome(told["outcome"])})
