"""Which repository the engine is pointed at, and how: its `[tool.evidence]` table."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Service:
    """Something gates need running, such as a database server.

    `start` prints one line of JSON, an object of environment variables, when the service is
    ready; it stops when its standard input closes or on TERM.
    """

    name: str
    start: tuple[str, ...]
    timeout_s: float = 60.0


@dataclass(frozen=True)
class Project:
    """A repository with a register. All folders are absolute; names come from `[tool.evidence]`.

    `python` runs the gates, `facts` is the argv that prints the facts as one JSON object.
    `pass_env` lists the only variables of the caller that gates see besides PATH, HOME, LANG
    and the like; `secret_names` are fnmatch patterns of variables whose values are redacted,
    `secret_patterns` are regular expressions of secrets by shape.
    """

    root: Path
    name: str
    version: str
    register: Path
    build: Path
    work: Path
    pages: Path | None = None
    mkdocs: Path | None = None
    repository: str = ""
    python: str = ""
    cores: int = 0
    facts: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    pass_env: tuple[str, ...] = ()
    secret_names: tuple[str, ...] = ()
    secret_patterns: tuple[str, ...] = field(default=())
