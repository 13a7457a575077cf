"""Two shortcuts through MkDocs, for pages of which most is HTML already. Neither changes a byte.

Python-Markdown reads every element of an HTML block, and Material's search every element that it
then leaves out; on a register of thousands of claims both take longer than all else together. The
engine's templates write their blocks so that the end can be seen without reading them: each begins
at a line's start with an element of a class of the engine's own and holds no empty line. A plain
`mkdocs build` of the same pages goes the long way and comes to the same site; a test compares them.
"""

from __future__ import annotations

import re

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor
from material.plugins.search import plugin

_BLOCK = re.compile(
    r'(?:\A|(?<=\n\n))<(details|div|ol|p|table|ul) class="(?:highlight )?ev-[^\n]*(?:\n[^\n]+)*'
    r"(?=\n\n|\n?\Z)"
)
_EXCLUDED = re.compile(
    r'<(details|div|ol|p) [^>]*data-search-exclude="true"[^>]*>.*?</\1>', re.DOTALL
)
# After line ends are made one kind (30), before fences (25) and HTML (20) are looked for.
_PRIORITY = 29


class Blocks(Extension):  # type: ignore[misc]
    """Puts the engine's own HTML blocks aside as they are."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 (Markdown's name for it)
        md.preprocessors.register(_Blocks(md), "evidence_blocks", _PRIORITY)


def skim_search() -> None:
    """Have Material's search skip unread what it would read and leave out."""
    plugin.Parser = _Skimming


class _Blocks(Preprocessor):  # type: ignore[misc]
    def run(self, lines: list[str]) -> list[str]:
        return _BLOCK.sub(self._put_aside, "\n".join(lines)).split("\n")

    def _put_aside(self, found: re.Match[str]) -> str:
        block, tag = found[0], found[1]
        is_whole = block.endswith(f"</{tag}>") and "markdown=" not in block
        # The line end is what Python-Markdown keeps of the empty line below a block.
        return self.md.htmlStash.store(block + "\n") if is_whole else block


class _Skimming(plugin.Parser):  # type: ignore[misc]
    def feed(self, data: str) -> None:
        super().feed(_EXCLUDED.sub("", data))
