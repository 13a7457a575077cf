from __future__ import annotations

from pathlib import Path

import pytest

from evidence.engine.publish.selfcontained import check_site


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text(
        '<h1 id="top">Hi</h1><a href="https://example.org">out</a>'
    )
    return tmp_path


@pytest.mark.parametrize(
    ("name", "text", "load"),
    [
        ("a.html", '<script src="https://cdn.example/x.js"></script>', "https://cdn.example/x.js"),
        ("a.html", "<script src=//cdn.example/x.js></script>", "//cdn.example/x.js"),
        (
            "a.html",
            '<link rel="stylesheet" href="https://f.example/c.css">',
            "https://f.example/c.css",
        ),
        ("a.html", '<link rel="preconnect" href="https://f.example">', "https://f.example"),
        ("a.html", "<img alt='>' src='http://i.example/p.png'>", "http://i.example/p.png"),
        (
            "a.html",
            '<img srcset="a.png 1x, https://i.example/p.png 2x">',
            "https://i.example/p.png",
        ),
        ("a.html", '<iframe src="https://i.example/"></iframe>', "https://i.example/"),
        ("a.html", '<p style="background:url(//i.example/p.png)">', "//i.example/p.png"),
        ("a.html", "<style>@import 'https://f.example/c.css';</style>", "https://f.example/c.css"),
        ("a.html", '<script>fetch("https://api.example/x")</script>', "https://api.example/x"),
        ("a.css", "@font-face{src:url(https://f.example/f.woff2)}", "https://f.example/f.woff2"),
        ("a.js", 'import("https://cdn.example/m.js")', "https://cdn.example/m.js"),
    ],
)
def test_load_from_another_host_is_found(site: Path, name: str, text: str, load: str) -> None:
    (site / name).write_text(text)
    assert check_site(site) == (f"{name}: loads {load}, files of this site expected",)


def test_theme_scripts_that_no_page_triggers_pass(site: Path) -> None:
    (site / "theme.js").write_text('load("https://cdn.example/mermaid@11/dist/mermaid.min.js")')
    assert check_site(site) == ()


def test_page_that_makes_the_theme_fetch_is_found(site: Path) -> None:
    (site / "theme.js").write_text('load("https://cdn.example/mermaid@11/dist/mermaid.min.js")')
    (site / "a.html").write_text('<pre class="mermaid"><code>graph LR</code></pre>')
    assert check_site(site) == (
        "theme.js: loads https://cdn.example/mermaid@11/dist/mermaid.min.js, files of this site "
        "expected",
    )


def test_address_shown_as_text_is_no_load(site: Path) -> None:
    (site / "a.html").write_text("<code>&lt;script src=&quot;https://x.example&quot;&gt;</code>")
    assert check_site(site) == ()


def test_words_of_the_theme_shown_as_text_trigger_nothing(site: Path) -> None:
    (site / "theme.js").write_text('load("https://cdn.example/mermaid@11/dist/mermaid.min.js")')
    (site / "a.html").write_text('<code>"mermaid" data-md-component="source"</code>')
    assert check_site(site) == ()


def test_addresses_among_the_words_to_search_are_no_loads(site: Path) -> None:
    (site / "search").mkdir()
    (site / "search" / "search_index.js").write_text(
        """var __index = {"text": "POST 'http://127.0.0.1:9/hook'"}"""
    )
    assert check_site(site) == ()


def test_dead_links_of_the_site_are_found(site: Path) -> None:
    (site / "sub").mkdir()
    (site / "sub" / "a.html").write_text(
        '<a href="../index.html#top">good</a><a href="../index.html#gone">x</a>'
        '<a href="b.html">y</a><a href="#here">z</a><a href="?status=met">good</a>'
    )
    assert check_site(site) == (
        "sub/a.html: leads to ../index.html#gone, no such place on that page",
        "sub/a.html: leads to b.html, not in this site",
        "sub/a.html: leads to #here, no such place on that page",
    )


def test_downloads_are_not_looked_into(site: Path) -> None:
    (site / "report.html").write_text('<script src="https://cdn.example/x.js"></script>')
    (site / "a.html").write_text('<a href="report.html">report</a>')
    assert check_site(site, downloads=frozenset({"report.html"})) == ()
