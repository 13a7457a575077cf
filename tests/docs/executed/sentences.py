"""Commands that stand inside of sentences and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tests.docs.executed import manuals
from tests.docs.executed.words import ASSIGNMENT

_FENCE = re.compile(r"^( *)(```+)[^\n]*\n.*?^\1\2 *$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`((?:[^`\n]|\n(?!\s*\n))+)`")
_STARTS = ("manage.py", "make", "git", "docker", "npm", "stripe", "export", "set", "python")
_ENGINE = ("mutants", "sabotage", "lies", "check", "deploy", "doctor", "serve", "bundle")


@dataclass(frozen=True)
class Mention:
    """A command as a page names it, and the line where it begins."""

    line: int
    command: str


def mentions(text: str) -> Iterator[Mention]:
    """Every command of the text that is not in a fence. One that a page is yet to fill in is left
    out; a shop's own command may stand without `manage.py` before its options."""
    plain = _FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), text)
    for span in _SPAN.finditer(plain):
        code = " ".join(span[1].split())
        if "{{" not in code and (command := _command(code)):
            yield Mention(plain.count("\n", 0, span.start()) + 1, command)


def _command(code: str) -> str:
    """The command as it would be typed; empty when the code is none."""
    words = [word for word in code.split() if not ASSIGNMENT.match(word)]
    if len(words) < 2 or words[1] in ("=", "head"):
        return ""
    if words[0] in _STARTS or words[0].startswith((".venv/", "python")):
        return code
    if words[1].startswith("-") or words[1].isupper():
        if _is_managed(words[0]):
            return f"manage.py {code}"
        if words[0] in _ENGINE:
            return f".venv/bin/python build_evidence.py {code}"
    return ""


@lru_cache(maxsize=64)
def _is_managed(word: str) -> bool:
    return bool(re.fullmatch("[a-z_]+", word)) and manuals.of_managed(word) is not None
