"""What coverage measures under a gate of tests: the files that claims cite, and nothing else.

Nobody asks which lines of other files ran, and following them costs a large suite a tenth of its
time. What a project says about how its tests run (threads, plugins) still holds.
"""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from evidence.engine.register.model import Register

_KEPT = ("concurrency", "plugins", "patch", "sigterm")  # Of the project's own [run] section.
# In the order in which coverage looks; the first that speaks of coverage is the only one read.
_FILES = (
    (".coveragerc", "{}"),
    (".coveragerc.toml", "tool.coverage.{}"),
    ("setup.cfg", "coverage:{}"),
    ("tox.ini", "coverage:{}"),
    ("pyproject.toml", "tool.coverage.{}"),
)


def cited_files(register: Register) -> tuple[str, ...]:
    """Paths below the root, each once."""
    return tuple(sorted({link.path for claim in register.claims for link in claim.code}))


def coverage_config(root: Path, files: Iterable[str]) -> str:
    """A configuration of coverage that measures these files of the project at `root`."""
    own = _own_sections(root)
    run = {key: value for key, value in own.get("run", {}).items() if key in _KEPT}
    sections = {
        "run": {
            **run,
            # The star also finds them below a folder whose name has brackets in it.
            "include": [f"*/{path}" for path in files] or ["nothing is cited"],
            "relative_files": "true",
            # Tests that run no cited line are the judge's business; a warning could end pytest.
            "disable_warnings": ["no-data-collected", "already-imported"],
        },
        **{name: own[name] for name in _words(run.get("plugins", "")) if name in own},
    }
    return "\n".join(_section(name, values) for name, values in sections.items())


def _own_sections(root: Path) -> Mapping[str, dict[str, Any]]:
    """Sections of the project's own settings by their plain names; none when it has none.

    A file that cannot be read is left to pytest and coverage to complain of.
    """
    for name, pattern in _FILES:
        try:
            text = (root / name).read_text("utf-8")
            found = _toml(text) if name.endswith(".toml") else _ini(text)
        except (OSError, ValueError, configparser.Error):
            continue
        prefix = pattern.format("")
        own = {
            key.removeprefix(prefix): values
            for key, values in found.items()
            if key.startswith(prefix)
        }
        if own:
            return own
    return {}


def _ini(text: str) -> dict[str, dict[str, Any]]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


def _toml(text: str) -> dict[str, dict[str, Any]]:
    own: Any = tomllib.loads(text)
    for step in ("tool", "coverage"):
        own = own.get(step) if isinstance(own, dict) else None
    tables = own.items() if isinstance(own, dict) else ()
    return {f"tool.coverage.{name}": table for name, table in tables if isinstance(table, dict)}


def _section(name: str, values: Mapping[str, Any]) -> str:
    lines = (f"{key} = {_written(value)}" for key, value in values.items())
    return "\n".join((f"[{name}]", *lines, ""))


def _written(value: Any) -> str:
    """A list one entry a line, as coverage reads it; text of several lines stays so."""
    words = value if isinstance(value, list) else str(value).strip().splitlines()
    return "\n    ".join(("", *map(str, words))) if len(words) > 1 else "".join(map(str, words))


def _words(value: Any) -> list[str]:
    return value if isinstance(value, list) else str(value).replace(",", " ").split()
