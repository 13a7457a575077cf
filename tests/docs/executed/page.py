"""What a page tells people to type, read from its Markdown.

A fence of `console` holds commands after `$ ` and, below each, what it prints. In what is printed,
`…` stands for anything on its line, and a line of `…` alone for any number of lines. A command
that is meant to fail ends in `# exits 1`. A fence of `sh` holds commands alone, a line each, of
which only the exit code counts. A fence whose title begins "Not run here:", or that follows a
comment `<!-- not run: why -->`, is not run, only looked at; one that follows `<!-- needs: NAME -->`
is run where that program can be had.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ANYTHING = "…"
PROMPT = "$ "
MORE = "> "
_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<kind>\w*)(?P<rest>[^`\n]*)$")
_TITLE = re.compile(r'title="Not run here: (?P<why>[^"]+)"')
_COMMENT = re.compile(r"^\s*<!-- not run: (?P<why>.+?) -->\s*$")
_NEEDS = re.compile(r"^\s*<!-- needs: (?P<program>[\w-]+) -->\s*$")
_EXITS = re.compile(r"\s+# exits (?P<code>\d+)$")
CONSOLE, SCRIPT = "console", "sh"
# Fences that show commands and would be run by nobody: a page must not hide one there.
_OTHER_SHELLS = frozenset({"bash", "shell", "zsh"})


@dataclass(frozen=True)
class Step:
    """One command as it is typed, what it is shown to print (None: nothing is said of it), and how
    it ends."""

    line: int
    command: str
    prints: tuple[str, ...] | None
    exit_code: int = 0


@dataclass(frozen=True)
class Block:
    """The steps of one fence. `not_run` says why nobody runs them here, if so; `needs` names a
    program that not every machine has."""

    line: int
    steps: tuple[Step, ...]
    not_run: str = ""
    needs: str = ""


class Unclear(ValueError):
    """A fence that nobody can run as it is written; the sentence names its line."""


def read_page(path: Path, name: str) -> list[Block]:
    """The blocks of a page in their order. Raises Unclear."""
    lines = path.read_text("utf-8").splitlines()
    blocks: list[Block] = []
    number = 0
    while number < len(lines):
        opened = _FENCE.match(lines[number])
        if opened is None:
            number += 1
            continue
        end = _end(lines, number, opened["ticks"], name)
        inner = [line.removeprefix(opened["indent"]) for line in lines[number + 1 : end]]
        before = lines[number - 1] if number else ""
        why, needs = _not_run(opened["rest"], before), _needs(before)
        if opened["kind"] in _OTHER_SHELLS:
            raise Unclear(
                f"{name}:{number + 1}  a fence of {opened['kind']}, expected one of {CONSOLE} or "
                f"{SCRIPT}, which are run"
            )
        if opened["kind"] == CONSOLE:
            blocks.append(Block(number + 1, _steps(inner, number + 2, name), why, needs))
        elif opened["kind"] == SCRIPT:
            blocks.append(Block(number + 1, _script(inner, number + 2), why, needs))
        number = end + 1
    return blocks


def _end(lines: list[str], start: int, ticks: str, name: str) -> int:
    for number in range(start + 1, len(lines)):
        if lines[number].strip() == ticks:
            return number
    raise Unclear(f"{name}:{start + 1}  a fence that nobody closed; close it with {ticks}")


def _not_run(rest: str, before: str) -> str:
    found = _TITLE.search(rest) or _COMMENT.match(before)
    return found["why"] if found else ""


def _needs(before: str) -> str:
    found = _NEEDS.match(before)
    return found["program"] if found else ""


def _steps(lines: list[str], first: int, name: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    for number, line in enumerate(lines, start=first):
        if line.startswith(PROMPT):
            command = line.removeprefix(PROMPT)
            exits = _EXITS.search(command)
            code = int(exits["code"]) if exits else 0
            steps.append(Step(number, _EXITS.sub("", command), (), code))
        elif not steps:
            raise Unclear(f"{name}:{number}  {line!r} before any command, `$ ` expected first")
        elif line.startswith(MORE) and not steps[-1].prints:
            last = steps[-1]
            command = f"{last.command}\n{line.removeprefix(MORE)}"
            steps[-1] = Step(last.line, command, (), last.exit_code)
        else:
            last = steps[-1]
            prints = (*(last.prints or ()), line)
            steps[-1] = Step(last.line, last.command, prints, last.exit_code)
    for step in steps:
        if step.prints and not any(line.strip(f"{ANYTHING} ") for line in step.prints):
            raise Unclear(f"{name}:{step.line}  shows nothing but {ANYTHING}; show a line of it")
    if not steps:
        raise Unclear(f"{name}:{first}  a fence of console without a command; `$ ` expected")
    return tuple(steps)


def _script(lines: list[str], first: int) -> tuple[Step, ...]:
    """A command a line; a backslash at the end leads on."""
    steps: list[Step] = []
    going_on = False
    for number, line in enumerate(lines, start=first):
        if going_on:
            last = steps[-1]
            steps[-1] = Step(last.line, f"{last.command}\n{line}", None)
        elif line.strip():
            steps.append(Step(number, line, None))
        going_on = line.endswith("\\")
    return tuple(steps)
