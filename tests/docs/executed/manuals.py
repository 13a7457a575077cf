"""What programs say of themselves: which commands and options they understand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import django
from django.apps import apps
from django.core.management import get_commands, load_command_class

from tests.docs.executed import programs

ROOT = Path(__file__).parents[3]
# How a program is asked that does not answer to a bare --help, with the command after it.
_ASKED = {
    "git": ["git", "COMMAND", "-h"],
    "docker": ["docker", "compose", "COMMAND", "--help"],
    "stripe": ["stripe", "COMMAND", "--help"],
    "npm": ["npm", "COMMAND", "--help"],
    "curl": ["curl", "--help", "all"],
}
# How many words of a line name the command: `git clone`, `docker compose up`.
DEEP = {"git": 1, "docker": 2, "stripe": 1, "npm": 1}
_MAKE = re.compile(r"^([a-z][a-z0-9-]*):", re.MULTILINE)


def found(program: str) -> str | None:
    """The path of a program on this machine, None where it is not."""
    if "/" in program:
        path = ROOT / program
        return str(path) if os.access(path, os.X_OK) and path.is_file() else None
    beside = (Path(folder) / program for folder in (f"{sys.prefix}/bin", *programs.folders()))
    return next((str(path) for path in beside if path.is_file()), None) or shutil.which(program)


@lru_cache(maxsize=64)
def answers(program: str) -> bool:
    """Whether the program is here and can be asked; a Docker without Compose cannot."""
    path = found(program)
    if program == "docker" and path:
        return bool(_said([path, "compose", "version"]))
    return path is not None


def of_managed(command: str) -> frozenset[str] | None:
    """The options of one of manage.py's commands, None when there is no such command."""
    if not apps.ready:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
        django.setup()
    name = get_commands().get(command)
    if name is None:
        return None
    parser = load_command_class(name, command).create_parser("manage.py", command)
    return frozenset(option for action in parser._actions for option in action.option_strings)


def make_targets() -> frozenset[str]:
    """What `make` can be asked for."""
    return frozenset(_MAKE.findall((ROOT / "Makefile").read_text("utf-8")))


@lru_cache(maxsize=64)
def of_script(script: str, *command: str) -> str:
    """The help of a script of this repository; empty when there is none."""
    return _said([sys.executable, script, *command, "--help"])


@lru_cache(maxsize=64)
def of_program(program: str, command: str = "") -> str:
    """The help of a program that is here; empty when it has no such command."""
    path = found(program)
    assert path, f"{program} is not here"
    name = Path(program).name
    words = [command if word == "COMMAND" else word for word in _ASKED.get(name, [name, "--help"])]
    ended = _asked([path, *filter(None, words[1:])])
    # Some give their help with another code than 0, and none of these for a wrong command.
    is_help = ended.returncode == 0 or "usage:" in ended.stdout.lower()
    return ended.stdout if is_help else ""


def _said(words: list[str]) -> str:
    ended = _asked(words)
    return ended.stdout if ended.returncode == 0 else ""


def _asked(words: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT / "app"), "NO_COLOR": "1", "COLUMNS": "200"},
    )
