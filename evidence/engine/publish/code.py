"""Source as HTML: each file is highlighted once, and every excerpt of it is cut from that.

Markdown would highlight each excerpt anew, and its highlighter wraps each line and each name in
elements that no theme colours. What stands here is one HTML block that Markdown passes through:
the numbers of the lines beside the code, and an element only where a colour or a mark begins.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from html import escape
from itertools import groupby

from markupsafe import Markup
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, String, _TokenType
from pygments.util import ClassNotFound

from evidence.engine.publish.text import TAB_WIDTH, show_unseen

# The kinds of token that get a colour, the nearest first; other tokens stay plain text.
_COLOURED = (
    (Comment, "c"), (String, "s"), (Number, "m"), (Keyword, "k"), (Name.Function, "nf"),
    (Name.Class, "nc"), (Name.Decorator, "nd"), (Name.Builtin, "nb"), (Name.Tag, "nt"),
    (Name.Attribute, "na"),
)  # fmt: skip


_EMPTY_LINE = re.compile(r"\n(?:[ \t]*)\n")


def highlighted(lines: Sequence[str], *, language: str) -> tuple[str, ...]:
    """Each line as HTML, every element ended on the line where it began."""
    shown = [show_unseen(line.expandtabs(TAB_WIDTH)) for line in lines]
    lexer = _lexer(language)
    if lexer is None:
        return tuple(escape(line, quote=False) for line in shown)
    found = [""]
    for style, text in _merged(lexer.get_tokens("\n".join(shown))):
        first, *more = (_coloured(style, part) for part in text.split("\n"))
        found[-1] += first
        found += more
    # A lexer ends what it reads with a line end that the file's lines do not have.
    return tuple(found[: len(shown)]) + ("",) * (len(shown) - len(found))


def block(lines: Sequence[str], *, first: int, marked: Collection[int] = ()) -> Markup:
    """Highlighted lines with their numbers; `marked` are the numbers of lines to set off."""
    numbers = "\n".join(str(first + at) for at in range(len(lines)))
    return _block(numbers, _with_marks(lines, first, marked))


def whole_file(lines: Sequence[str]) -> Markup:
    """A file's highlighted lines; the number of each is the place that links lead to."""
    numbers = "\n".join(
        f'<a id="{line_anchor(at)}" href="#{line_anchor(at)}">{at}</a>'
        for at in range(1, len(lines) + 1)
    )
    return _block(numbers, "\n".join(lines))


def line_anchor(line: int) -> str:
    """The id of a line on the page of its file."""
    return f"L{line}"


def _block(numbers: str, code: str) -> Markup:
    # An empty line is written as the reference that browsers read as its end: a block without
    # empty lines is one that `shortcuts` can put aside unread.
    kept = _EMPTY_LINE.sub("\n&#10;", code)
    return Markup(  # noqa: S704 (every line was escaped)
        '<div class="highlight ev-code"><pre class="ev-numbers">'
        f"{numbers}</pre><pre><code>{kept}</code></pre></div>"
    )


def _with_marks(lines: Sequence[str], first: int, marked: Collection[int]) -> str:
    """Lines with their ends; a mark holds the ends too, for it is shown as a block."""
    found = []
    runs = groupby(enumerate(lines, start=first), key=lambda line: line[0] in marked)
    for is_marked, run in runs:
        text = "".join(f"{line}\n" for _, line in run)
        found.append(f'<span class="hll">{text}</span>' if is_marked else text)
    return "".join(found)


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=True)
    except ClassNotFound:
        return None


def _merged(tokens: Iterable[tuple[_TokenType, str]]) -> Iterator[tuple[str, str]]:
    """Neighbours of one colour as one piece of text."""
    style, text = "", ""
    for kind, part in tokens:
        own = _style(kind)
        if own != style and text:
            yield style, text
            text = ""
        style, text = own, text + part
    if text:
        yield style, text


@lru_cache(maxsize=512)
def _style(kind: _TokenType) -> str:
    return next((style for family, style in _COLOURED if kind in family), "")


def _coloured(style: str, text: str) -> str:
    plain = escape(text, quote=False)
    return f'<span class="{style}">{plain}</span>' if style and text.strip() else plain
