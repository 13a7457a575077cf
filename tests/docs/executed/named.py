"""Whether the programs, commands, options and files that a line names exist at all."""

from __future__ import annotations

import itertools
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
# Programs of somebody else's machine: there only where the page says so.
ELSEWHERE = frozenset({"docker", "stripe", "systemctl", "certbot", "psql", "pg_dump", "ssh"})
_BUILTINS = frozenset({"export", "cd", "set", "source", "echo", "exit", "unset", "printf"})
_MAKE = re.compile(r"^([a-z][a-z0-9-]*):", re.MULTILINE)
_ASSIGNMENT = re.compile(r"[A-Z_][A-Z0-9_]*=")


def problems(command: str) -> Iterator[str]:
    """A sentence for everything in the command that is not there."""
    words = [word for word in shlex.split(command, comments=True) if word not in ("&&", "&", "|")]
    words = list(itertools.dropwhile(_ASSIGNMENT.match, words))
    if not words:
        return
    program, rest = words[0], words[1:]
    if program.endswith("python") and rest and rest[0].endswith("manage.py"):
        program, rest = "manage.py", rest[1:]
    if program == "manage.py":
        yield from _managed(rest)
    elif program.endswith("python") and rest and rest[0] == "build_evidence.py":
        yield from _options(rest, "build_evidence.py", *rest[1:2])
    elif program == "make":
        targets = _MAKE.findall((ROOT / "Makefile").read_text("utf-8"))
        wanted = [word for word in rest if not word.startswith("-") and "=" not in word]
        yield from (f"make {word}: no such target" for word in wanted if word not in targets)
    elif program not in (*ELSEWHERE, *_BUILTINS) and not shutil.which(program):
        yield f"{program}: no such program"


def _managed(words: list[str]) -> Iterator[str]:
    if not words:
        yield "manage.py: no command named"
    elif not (help_text := _help("app/manage.py", words[0])):
        yield f"manage.py {words[0]}: no such command"
    else:
        yield from _missing(words[1:], help_text, f"manage.py {words[0]}")


def _options(words: list[str], script: str, *command: str) -> Iterator[str]:
    named = [word for word in command if not word.startswith("-")]
    help_text = _help(script, *named)
    if not help_text:
        yield f"{script} {' '.join(named)}: no such command"
    else:
        yield from _missing(words, help_text, script)


def _missing(words: list[str], help_text: str, what: str) -> Iterator[str]:
    for word in words:
        option = word.partition("=")[0]
        is_known = re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", help_text)
        if option.startswith("--") and len(option) > 2 and not is_known:
            yield f"{what} {option}: no such option"


@lru_cache(maxsize=64)
def _help(script: str, *command: str) -> str:
    ended = subprocess.run(
        [sys.executable, script, *command, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.stdout if ended.returncode == 0 else ""
