"""A run's results on disk: written beside the last ones, then swapped in whole."""

from __future__ import annotations

import dataclasses
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evidence.engine.mistakes import CannotRun
from evidence.engine.project import Project
from evidence.engine.run.model import GateRun, GateStatus, Run, Tree

_FORMAT = 1
_KEPT = 2  # Recorded runs: the last, and the one before for whoever is still reading it.


def results_folder(project: Project) -> Path:
    """Where the last recorded run is: a link to a folder that is never changed again."""
    return project.work / "results"


def read_run(project: Project) -> Run:
    """The last recorded run. Raises CannotRun when there is none that can be read."""
    path = results_folder(project) / "run.json"
    try:
        told = json.loads(path.read_text("utf-8"))
        if told.pop("format") != _FORMAT:
            raise ValueError("another version of the engine wrote it")
        return _run_of(told)
    except FileNotFoundError as error:
        raise CannotRun(
            f"{project.name}: no run is recorded yet; run the gates first: "
            "python build_evidence.py run"
        ) from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise CannotRun(
            f"{path}: cannot be read ({error}); run the gates again: python build_evidence.py run"
        ) from error


@contextmanager
def staging(project: Project) -> Iterator[tuple[Path, Path]]:
    """A folder for the new results and one for scratch. Removed unless `record` took the first.

    Call it under the lock: what a killed run left is removed first.
    """
    stage = project.work / "stage"
    shutil.rmtree(stage, ignore_errors=True)
    results, scratch = stage / "results", stage / "out"
    results.mkdir(parents=True)
    scratch.mkdir()
    try:
        yield results, scratch
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def record(project: Project, run: Run, staged: Path) -> None:
    """Writes run.json into the staged results and makes them the last run, in one step."""
    write_run(staged, run)
    name = secrets.token_hex(8)
    recorded = project.work / "recorded"
    recorded.mkdir(exist_ok=True)
    staged.rename(recorded / name)
    link = project.work / f"results.{name}"
    link.symlink_to(Path("recorded") / name)
    current = results_folder(project)
    if current.is_dir() and not current.is_symlink():
        shutil.rmtree(current)
    link.replace(current)
    _forget_old(recorded, name)


def write_run(results: Path, run: Run) -> None:
    """Into a run's results, whole or not at all."""
    told = {"format": _FORMAT, **dataclasses.asdict(run)}
    beside = results / "run.json.new"
    with beside.open("w", encoding="utf-8", newline="\n") as file:
        json.dump(told, file, indent=1, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(results / "run.json")


def _forget_old(recorded: Path, newest: str) -> None:
    by_age = sorted(recorded.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    others = [path for path in by_age if path.name != newest]
    for path in others[_KEPT - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def _run_of(told: dict[str, Any]) -> Run:
    return Run(
        tree=Tree(**told.pop("tree")),
        gates=tuple(map(_gate_of, told.pop("gates"))),
        changed=tuple(told.pop("changed")),
        **told,
    )


def _gate_of(told: dict[str, Any]) -> GateRun:
    for name in ("argv", "artifacts", "failures"):
        told[name] = tuple(told[name])
    return GateRun(**{**told, "status": GateStatus(told["status"])})
