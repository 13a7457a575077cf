"""Whether the programs, commands, options, files and variables that a line names exist at all."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from tests.docs.executed import manuals, variables
from tests.docs.executed.words import Simple, defines, simple_commands, used

ROOT = Path(__file__).parents[3]
# Programs of somebody else's machine: where they are not here, nobody can ask them.
ELSEWHERE = frozenset({"docker", "stripe", "npm", "certbot", "curl", "psql", "pg_restore"})
# Of the shell, or so plain that there is nothing to ask.
_PLAIN = frozenset(
    {"export", "cd", "set", "source", ".", "echo", "exit", "unset", "printf", "eval", "touch"}
    | {"cat", "cp", "chmod", "ls"}
)
_MANAGED = ("manage.py", "as_owner")
_OF_MAKE = frozenset({"-j", "-C", "-n"})
_BASH_HAS = frozenset({"HOME", "PWD", "USER"})
# `verify.py` is handed out as a file of its own.
_HANDED_OUT = {"verify.py": "evidence/verify.py"}
_FOLDERS = ("app/", "evidence/", "site_src/", "tests/", "requirements/", "benchmarks/", ".venv/")
_A_FILE = re.compile(r"[\w.-]+\.(?:py|yml|toml|md|example)")


def problems(command: str, *, own: Iterable[str] = ()) -> Iterator[str]:
    """A sentence for everything in the command that is not there. `own` are the functions and the
    variables that the page has made before."""
    made = set(own) | defines(command)
    known = variables.known() | _BASH_HAS | made
    for name in sorted(used(command) - known):
        yield f"${name}: no such variable"
    for simple in simple_commands(command):
        for name in simple.sets:
            if name not in known:
                yield f"{name}: no such variable"
        yield from _files(simple)
        if simple.words and (simple.words[0] in _MANAGED or simple.words[0] not in made):
            yield from _of_program(simple.words[0], list(simple.words[1:]))


def unseen(command: str) -> set[str]:
    """The programs that the command starts and that this machine cannot be asked about."""
    programs = {simple.words[0] for simple in simple_commands(command) if simple.words}
    return {name for name in programs if name in ELSEWHERE and not manuals.answers(name)}


def _of_program(program: str, rest: list[str]) -> Iterator[str]:
    if program.endswith("python") or program == "python3":
        yield from _of_python(program, rest)
    elif program in _MANAGED:
        yield from _managed(rest)
    elif program == "make":
        targets = manuals.make_targets()
        wanted = [word for word in rest if word not in _OF_MAKE and "=" not in word]
        yield from (f"make {word}: no such target" for word in wanted if word not in targets)
    elif program not in _PLAIN:
        yield from _of_others(program, rest)


def _of_python(program: str, rest: list[str]) -> Iterator[str]:
    if "/" in program and not manuals.found(program):
        yield f"{program}: no such program"
    elif rest[:1] == ["-m"]:
        where = importlib.util.find_spec(rest[1]) if len(rest) > 1 else None
        if where is None:
            yield f"python -m {' '.join(rest[1:2])}: no such module"
        elif not rest[1].startswith("pytest"):
            yield from _missing(rest[2:], manuals.of_script("-m", rest[1]), f"python -m {rest[1]}")
    elif rest and rest[0].endswith("manage.py"):
        yield from _managed(rest[1:])
    elif rest and not rest[0].startswith("-"):
        script = _HANDED_OUT.get(rest[0], rest[0])
        if script != "build_evidence.py":
            yield from _missing(rest[1:], manuals.of_script(script), rest[0])
        else:
            yield from _of_engine(rest[1:])


def _of_engine(rest: list[str]) -> Iterator[str]:
    named = [word for word in rest[:1] if not word.startswith("-")]
    help_text = manuals.of_script("build_evidence.py", *named)
    if not help_text:
        yield f"build_evidence.py {' '.join(named)}: no such command"
    else:
        yield from _missing(rest, help_text, "build_evidence.py")


def _managed(words: list[str]) -> Iterator[str]:
    if not words:
        yield "manage.py: no command named"
    elif words[0].isupper():
        return
    elif (options := manuals.of_managed(words[0])) is None:
        yield f"manage.py {words[0]}: no such command"
    else:
        for option in _options(words[1:]):
            if option not in options:
                yield f"manage.py {words[0]} {option}: no such option"


def _of_others(program: str, rest: list[str]) -> Iterator[str]:
    if not manuals.answers(program):
        if program not in ELSEWHERE:
            yield f"{program}: no such program"
        return
    deep = manuals.DEEP.get(program, 0)
    words = [word for word in rest if not word.startswith("-")][:deep]
    help_text = manuals.of_program(program, words[-1] if words else "")
    if not help_text:
        yield f"{program} {' '.join(words)}: no such command"
    else:
        yield from _missing(rest, help_text, program)


def _missing(words: Iterable[str], help_text: str, what: str) -> Iterator[str]:
    for option in _options(words):
        if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", help_text):
            yield f"{what} {option}: no such option"


def _options(words: Iterable[str]) -> Iterator[str]:
    """The options among the words, without their values; what stands after `--` is none."""
    for word in words:
        if word == "--":
            return
        if re.match(r"--[a-z]|-[A-Za-z]$", word):
            yield word.partition("=")[0]


def _files(simple: Simple) -> Iterator[str]:
    for word in simple.words:
        path = word.partition("=")[2] if word.startswith("--") else word
        in_folder = path.startswith(_FOLDERS) and not (ROOT / path.partition("::")[0]).exists()
        if in_folder or (_A_FILE.fullmatch(path) and path not in _names()):
            yield f"{path}: no such file"


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    """Names of files at the top, of what is handed out, and what pages call `app/manage.py`."""
    return frozenset(path.name for path in ROOT.iterdir()) | {*_HANDED_OUT, *_MANAGED}
