"""A line for a shell, taken apart into the commands that it holds."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_BETWEEN = frozenset({";", "&", "&&", "|", "||", "(", ")", "{", "}", "!"})
_REDIRECTION = re.compile(r"[<>]+[&|]?")
_STREAM = re.compile(r"(?<=\s)[0-9](?=[<>])")
# What a reader replaces: `<this repository>`; a shell would take it for a redirection.
_PLACEHOLDER = re.compile(r"<[a-z][a-z ]*>")
_HERE = re.compile(r"<<(?P<end>\w+)\n.*?^(?P=end)$", re.MULTILINE | re.DOTALL)
_INNER = re.compile(r"\$\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
_IN_SINGLE_QUOTES = re.compile(r"'[^']*'")
_USED = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")
_FUNCTION = re.compile(r"\s*([\w.-]+)\(\) *[({]")


@dataclass(frozen=True)
class Simple:
    """One program with its words. `sets` are the variables in front of it, or of an export; what
    is read from a file or written to one is not among the words."""

    sets: tuple[str, ...]
    words: tuple[str, ...]


def simple_commands(line: str) -> Iterator[Simple]:
    """The programs that the line starts, in their order; those of `$(…)` first. Raises ValueError
    for an open quote."""
    if _FUNCTION.match(line):
        return
    line = _HERE.sub("", _PLACEHOLDER.sub("PLACE", line)).replace("\\\n", " ")
    for inner in _INNER.findall(line):
        yield from simple_commands(inner)
    lexer = shlex.shlex(
        _STREAM.sub("", _INNER.sub("INNER", line)), posix=True, punctuation_chars=True
    )
    lexer.whitespace_split, lexer.commenters = True, "#"
    words: list[str] = []
    for word in [*lexer, ";"]:
        if word not in _BETWEEN:
            words.append(word)
        elif words:
            yield _simple(words)
            words = []


def used(line: str) -> set[str]:
    """The variables whose value the line asks for."""
    return set(_USED.findall(_IN_SINGLE_QUOTES.sub("", line)))


def defines(line: str) -> set[str]:
    """The functions and variables that a page has from this line on."""
    if made := _FUNCTION.match(line):
        return {made[1]}
    return {name for simple in simple_commands(line) if not simple.words for name in simple.sets}


def _simple(words: list[str]) -> Simple:
    sets: list[str] = []
    left = _without_redirections(words)
    while left and (found := ASSIGNMENT.match(left[0])):
        sets.append(found[1])
        left = left[1:]
    if left and left[0] == "export":
        sets += [found[1] for word in left[1:] if (found := ASSIGNMENT.match(word))]
    return Simple(tuple(sets), tuple(left))


def _without_redirections(words: list[str]) -> list[str]:
    left: list[str] = []
    skip = False
    for word in words:
        leads = _REDIRECTION.fullmatch(word) is not None
        if not skip and not leads:
            left.append(word)
        skip = leads
    return left
