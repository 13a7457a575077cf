from __future__ import annotations

import markdown
import pytest

from evidence.engine.publish.text import anchor, count, escape, fence, front_matter, href, ranges

EXTENSIONS = [
    "attr_list",
    "md_in_html",
    "tables",
    "toc",
    "pymdownx.highlight",
    "pymdownx.superfences",
]

HOSTILE = [
    "<script>alert(1)</script>",
    "**bold** _em_ `code` ~~gone~~",
    "[link](https://example.org) ![picture](x.png) https://example.org",
    "a | b | c",
    "# heading",
    "{ .class #id onclick=alert(1) }",
    "&lt;b&gt; &amp; \"quoted\" 'quoted'",
    "\\*not escaped\\*",
    "{{ 7 * 7 }} {% raw %}",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("around", ["{}", "<p>{}</p>", "x {} y", "- {}"])
def test_escaped_text_reads_as_written(text: str, around: str) -> None:
    html = markdown.markdown(around.format(escape(text)), extensions=EXTENSIONS)
    for tag in ("<script", "<strong", "<em", "<code", "<a ", "<img", "<h1", "<del", "<b>"):
        assert tag not in html
    shown = _text_of(html)
    assert " ".join(text.split()) in shown


def test_escaped_heading_keeps_its_own_id() -> None:
    html = markdown.markdown(f"## A {escape('b { #evil }')} {{ #good }}", extensions=EXTENSIONS)
    assert 'id="good"' in html
    assert 'id="evil"' not in html


def test_escaped_text_is_one_line() -> None:
    assert escape("a\n\n# b\tc ") == "a &#35; b c"


def test_marks_that_reorder_text_are_shown() -> None:
    assert "⟨U&#43;202E⟩" in escape("safe\u202eevil")
    assert "⟨U+001B⟩" in fence(["\x1b[31mred"], language="text")


@pytest.mark.parametrize(
    "line", ["```", "````python", "</details>", "~~~", "    ```", "<!-- -->", "&lt;"]
)
def test_code_cannot_leave_its_fence(line: str) -> None:
    text = f"{fence(['one', line, 'two'], language='text')}\n\nafter"
    html = markdown.markdown(text, extensions=EXTENSIONS)
    assert "<p>after</p>" in html
    assert line.strip() in _text_of(html).split("after")[0]


def test_ranges_join_neighbours() -> None:
    assert ranges([9, 3, 4, 5, 4]) == ((3, 5), (9, 9))
    assert ranges([]) == ()


def test_addresses_are_quoted() -> None:
    assert href("source/a b#c?.py.html", "x y") == "source/a%20b%23c%3F.py.html#x%20y"
    assert anchor("C2.1 <b>") == "C2.1-b-"


def test_counts_agree_with_their_noun() -> None:
    assert (count(1, "claim"), count(1204, "claim")) == ("1 claim", "1,204 claims")
    assert count(2, "claim rests", "claims rest") == "2 claims rest"


def test_front_matter_holds_any_title() -> None:
    head = front_matter('A: "b" # <c>', hide=["toc"], searched=False)
    assert head.startswith('---\ntitle: "A&#58; &#34;b&#34; &#35; &#60;c&#62;"\nhide:\n  - toc')


def _text_of(html: str) -> str:
    import re
    from html import unescape

    return unescape(re.sub(r"<[^>]+>", "", html))
