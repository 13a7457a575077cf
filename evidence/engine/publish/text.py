"""Sentences, logs and source put into Markdown pages so that they stay text.

Everything a template prints goes through `escape`, which turns each character that Markdown or
HTML could read as markup into a numeric entity: the same string is then safe in a Markdown
paragraph, a heading, an HTML block and an attribute. Code goes through `fence`, which nothing in
the code can close.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote

from markupsafe import Markup

_MARKUP = {ord(char): f"&#{ord(char)};" for char in "&<>\"'\\`*_{}[]#|~^=:$!+@"}
_SPACE = re.compile(r"\s+")
# Control characters and the marks that reorder text, which would let code lie about itself.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_TICKS = re.compile(r"`{3,}")
_UNSAFE_IN_ID = re.compile(r"[^A-Za-z0-9._-]+")
TAB_WIDTH = 4


def escape(value: object) -> Markup:
    """`value` as one line of text that neither Markdown nor HTML reads as markup."""
    if isinstance(value, Markup):
        return value
    return _escaped(str(value))


# Most of what thousands of claims print is the same few words.
@lru_cache(maxsize=4096)
def _escaped(text: str) -> Markup:
    line = _SPACE.sub(" ", show_unseen(text)).strip()
    return Markup(line.translate(_MARKUP))  # noqa: S704 (escaped on this line)


def unbroken(html: str) -> Markup:
    """An HTML block without its empty lines, at each of which Markdown would look for a new one.

    Whatever the lines of `html` hold has been escaped; in code an empty line is a reference.
    """
    kept = "\n".join(line for line in html.split("\n") if line.strip(" \t"))
    return Markup(kept)  # noqa: S704 (only empty lines are gone)


def href(path: str, fragment: str = "") -> str:
    """A root-relative path of the site, and a place in it, as an address."""
    address = quote(path, safe="/.-_~")
    return f"{address}#{quote(fragment, safe='._-~')}" if fragment else address


def anchor(name: str) -> str:
    """`name` as an id of an HTML element."""
    return _UNSAFE_IN_ID.sub("-", name)


def front_matter(title: str, *, hide: Iterable[str] = (), searched: bool = True) -> Markup:
    """A page's head: its title as text, the sidebars it goes without, whether search finds it.

    The front page gives no title: its title is the site's name.
    """
    lines = ["---", *([f"title: {json.dumps(str(escape(title)))}"] if title else [])]
    if hidden := [f"  - {name}" for name in hide]:
        lines += ["hide:", *hidden]
    if not searched:
        lines += ["search:", "  exclude: true"]
    return Markup("\n".join([*lines, "---"]))  # noqa: S704 (a JSON string of escaped text)


def fence(lines: Iterable[str], *, language: str) -> Markup:
    """`lines` as a fenced block that shows them as they are."""
    body = [show_unseen(line.expandtabs(TAB_WIDTH)) for line in lines]
    longest = max((len(run) for line in body for run in _TICKS.findall(line)), default=2)
    ticks = "`" * (longest + 1)
    return Markup("\n".join([ticks + language, *body, ticks]))  # noqa: S704 (a fence stays text)


def ranges(numbers: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Line numbers as inclusive ranges in order: 3, 4, 5, 9 are (3, 5) and (9, 9)."""
    found: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return tuple(found)


def count(number: int, one: str, many: str = "") -> str:
    """`1 claim`, `1,204 claims`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def show_unseen(text: str) -> str:
    """`text` with each character that nobody would see written out."""
    return _UNSEEN.sub(lambda found: f"⟨U+{ord(found.group()):04X}⟩", text)
