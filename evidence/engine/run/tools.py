"""The project's Python, asked once: where it is, and which versions of what it has."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from evidence.engine.mistakes import CannotRun
from evidence.engine.project import Project

_ASK = """
import json, sys
from importlib import metadata
found = {}
for name in json.load(sys.stdin):
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        found[name] = None
print(json.dumps({"version": sys.version.split()[0], "prefix": sys.prefix, "found": found,
                  "venv": sys.prefix != sys.base_prefix}))
"""
_TIMEOUT_S = 60


@dataclass(frozen=True)
class Python:
    """The interpreter that gates run under. `distributions` maps a name to its version, or None.

    `venv` is None when the interpreter is not in a virtual environment.
    """

    path: str
    version: str
    venv: Path | None
    distributions: dict[str, str | None] = field(default_factory=dict)


def ask_python(project: Project, distributions: Iterable[str]) -> Python:
    """Raises CannotRun when the project's Python cannot be started."""
    path = find_python(project)
    try:
        answer = subprocess.run(
            [path, "-c", _ASK],
            input=json.dumps(sorted(set(distributions))),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=True,
            cwd="/",
            env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        )
        told = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        said = getattr(error, "stderr", None) or error
        raise CannotRun(
            f"{path}: cannot be asked for its versions ({str(said).strip().splitlines()[-1]}); "
            "set [tool.evidence] python to a working Python"
        ) from error
    venv = Path(told["prefix"]) if told["venv"] else None
    return Python(path, told["version"], venv, told["found"])


def find_python(project: Project) -> str:
    """An absolute path, with links left alone: a virtual environment's Python is a link."""
    wanted = project.python or sys.executable
    if "/" in wanted:
        return str(project.root / wanted)
    found = shutil.which(wanted)
    if not found:
        raise CannotRun(f"{wanted}: not found on PATH; install it, or set [tool.evidence] python")
    return found
