"""Highlighted code: cut from a whole file, numbered, and text whatever it holds."""

from __future__ import annotations

import re
from html import unescape

import markdown
import pytest

from evidence.engine.publish.code import block, highlighted, whole_file

PYTHON = ('"""One', 'two."""', "def f(x):", "    return x < 1  # why")
HOSTILE = ("<script>alert(1)</script>", "</code></pre></div>", "", "# heading", "&lt; `x` **b**")


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


def test_every_line_is_whole_html_and_reads_as_written() -> None:
    lines = highlighted(PYTHON, language="python")
    assert tuple(map(text_of, lines)) == PYTHON
    for line in lines:
        assert line.count("<span") == line.count("</span>")
    assert lines[:2] == ('<span class="s">"""One</span>', '<span class="s">two."""</span>')
    assert '<span class="nf">f</span>' in lines[2]
    assert highlighted(PYTHON[:1], language="no such language") == PYTHON[:1]


@pytest.mark.parametrize("language", ["python", "text", "yaml", "html", "no such language"])
@pytest.mark.parametrize("lines", [HOSTILE, (), ("",), ("", "", "x", "", "")])
def test_any_text_keeps_its_lines_in_any_language(language: str, lines: tuple[str, ...]) -> None:
    assert tuple(map(text_of, highlighted(lines, language=language))) == lines


def test_unseen_characters_are_shown() -> None:
    assert text_of(highlighted(["safe\u202eevil"], language="python")[0]) == "safe⟨U+202E⟩evil"


def test_excerpt_has_its_real_numbers_and_joined_marks() -> None:
    shown = block(("a", "b", "c", "d"), first=9, marked={10, 11})
    assert '<pre class="ev-numbers">9\n10\n11\n12</pre>' in shown
    assert '<code>a\n<span class="hll">b\nc\n</span>d\n</code>' in shown


def test_file_has_a_place_for_each_line() -> None:
    assert re.findall(r'id="(L\d+)"', whole_file(("a", "b"))) == ["L1", "L2"]


@pytest.mark.parametrize("wrapped", ["{}", "<details>\n<summary>x</summary>\n{}\n</details>"])
def test_markdown_passes_code_through_as_it_is(wrapped: str) -> None:
    code = block(highlighted(HOSTILE, language="text"), first=1)
    text = f"before\n\n{wrapped.format(code)}\n\n*after*"
    html = markdown.markdown(text, extensions=["md_in_html", "attr_list", "tables"])
    assert str(code) in html
    assert "<em>after</em>" in html


def test_no_line_of_code_is_empty_markdown() -> None:
    code = block(highlighted(("a", "", "", "  ", "b", ""), language="text"), first=1)
    assert "\n\n" not in code
    assert unescape(code).count("\n") == str(code).count("\n") + str(code).count("&#10;")
    assert text_of(code).endswith("a\n\n\n\nb\n\n")
