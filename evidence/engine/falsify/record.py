"""What was broken on purpose, on disk beside the run that it belongs to."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evidence.engine.falsify.model import Falsification, MutantRun, Outcome, PatchRun, Trial
from evidence.engine.falsify.trace import Shared, Trace
from evidence.engine.mistakes import CannotRun

_FORMAT = 5
_NAME = "falsified.json"


def write_falsified(results: Path, found: Falsification) -> None:
    """Into a run's results, whole or not at all. `patches` and mutants may be written by two
    stages: the later one reads, replaces its part and writes again."""
    names = Names()
    traces = {
        "traces": {name: names.of_trace(trace) for name, trace in found.traces.items()},
        "shared": [names.of_trace(found.shared.trace), names.of(found.shared.noted)],
    }
    told = {"format": _FORMAT, **_shallow(found), **traces, "names": names.listed}
    text = json.dumps(told, indent=1) + "\n"
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
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise CannotRun(
            f"{path}: cannot be read ({error}); run the gates again: python build_evidence.py run"
        ) from error


def _of(told: dict[str, Any]) -> Falsification:
    claims, patches, names = told["claims"], told["patches"], Names(told["names"])
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
        traces={name: names.trace(numbers) for name, numbers in told["traces"].items()},
        shared=Shared(names.trace(told["shared"][0]), names.named(told["shared"][1])),
        shared_key=str(told["shared_key"]),
    )


def _shallow(found: Falsification) -> dict[str, Any]:
    """All but the traces, which say the same names again and again."""
    return dataclasses.asdict(replace(found, traces={}, shared=Shared()))


class Names:
    """Each name once, and numbers in a line in place of many: a register of some size has traces
    of a hundred thousand names."""

    def __init__(self, listed: Iterable[str] = ()) -> None:
        self.listed = list(listed)
        self._numbers = {name: number for number, name in enumerate(self.listed)}

    def of(self, names: Iterable[str]) -> str:
        numbers = []
        for name in names:
            if name not in self._numbers:
                self._numbers[name] = len(self.listed)
                self.listed.append(name)
            numbers.append(self._numbers[name])
        return " ".join(map(str, sorted(numbers)))

    def named(self, numbers: str) -> frozenset[str]:
        return frozenset(self.listed[int(number)] for number in numbers.split())

    def of_trace(self, trace: Trace | None) -> list[str] | None:
        if trace is None:
            return None
        return [self.of(sorted(trace.functions)), self.of(sorted(trace.files))]

    def trace(self, told: Sequence[str] | None) -> Trace | None:
        return None if told is None else Trace(self.named(told[0]), self.named(told[1]))


def _mutant(told: dict[str, Any]) -> MutantRun:
    trials = tuple(
        Trial(**{**each, "outcome": Outcome(each["outcome"])}) for each in told["trials"]
    )
    return MutantRun(**{**told, "diff": tuple(told["diff"]), "trials": trials})


def _patch(told: dict[str, Any]) -> PatchRun:
    lists = {name: tuple(told[name]) for name in ("diff", "killed_by", "log")}
    return PatchRun(**{**told, **lists, "outcome": Outcome(told["outcome"])})
