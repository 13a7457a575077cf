"""A built site stands alone: it loads nothing from another host, and its own links arrive."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from html import unescape
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote

from evidence.engine.publish.spread import spread

_SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9]*)\b((?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+)>")
_ATTRIBUTE = re.compile(r"([a-zA-Z_:][-\w:.]*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_STYLE_LOAD = re.compile(
    r"(?:url\(\s*|@import\s+)['\"]?\s*((?:https?:)?//[^'\")\s]+)", re.IGNORECASE
)
_ADDRESS = re.compile(r"[\"'`]((?:https?|wss?)://[^\"'`\s]*)")
_LICENSE = re.compile(r"/\*!.*?\*/", re.DOTALL)
_ELSEWHERE = re.compile(r"(?:^|,\s*)\s*((?:https?:|wss?:|ftp:)?//\S+)", re.IGNORECASE)
_SCHEME = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)

# Attributes by which a tag loads something once the page is shown. `a href` only leads away.
_LOADING = {
    "script": {"src"}, "link": {"href"}, "img": {"src", "srcset"}, "iframe": {"src"},
    "source": {"src", "srcset"}, "video": {"src", "poster"}, "audio": {"src"}, "track": {"src"},
    "embed": {"src"}, "object": {"data"}, "use": {"href", "xlink:href"}, "input": {"src"},
    "image": {"href", "xlink:href"},
}  # fmt: skip
_TELLING = frozenset({"a", *_LOADING})
_NOT_LOADED = frozenset({"canonical", "alternate", "prev", "next", "license", "author", "me"})

# Parts of addresses that the theme's own scripts hold, each with the attribute and the word in it
# by which a tag of some page would have the address asked. None: no browser since 2020 asks.
_THEME_ASKS = {
    "/resize-observer-polyfill": None,
    "/mermaid@": ("class", "mermaid"),
    "/repos/${": ("data-md-component", "source"),
    "/users/${": ("data-md-component", "source"),
    "/projects/${": ("data-md-component", "source"),
}
# The words of every page, as data: an address in a log or a failure's message is no load.
_SEARCH_INDEX = "search/search_index.js"
# What the attributes of any other tag hold when the tag matters here.
_telling = re.compile(
    "|".join(["id *=", "style *=", *(sign[1] for sign in _THEME_ASKS.values() if sign)]),
    re.IGNORECASE,
).search
_ONLY_NAMES = ("http://www.w3.org/",)


@dataclass(frozen=True)
class _Tag:
    name: str
    attributes: dict[str, str]


@dataclass(frozen=True)
class _Page:
    """What one built page holds: its ids, the addresses it leads to, what it loads from afar, and
    which of the theme's addresses it makes the theme ask."""

    ids: frozenset[str]
    leads_to: tuple[str, ...]
    loads: tuple[str, ...]
    asks: frozenset[str]


def check_site(
    site: Path, *, downloads: frozenset[str] = frozenset(), processes: int = 1
) -> tuple[str, ...]:
    """Every load from another host and every dead link of the site's own, as sentences.

    `downloads` are files that people save rather than open here; they are not looked into.
    """
    files = {
        name: path
        for path in sorted(site.rglob("*"))
        if (name := path.relative_to(site).as_posix()) not in downloads
    }
    html = [partial(_read, name, path) for name, path in files.items() if path.suffix == ".html"]
    pages = dict(spread(html, processes))
    found = [
        f"{name}: loads {load}, files of this site expected"
        for name, page in pages.items()
        for load in page.loads
    ]
    asked = frozenset().union(*(page.asks for page in pages.values()))
    for name, file in files.items():
        if file.suffix in (".css", ".js") and name != _SEARCH_INDEX:
            text = file.read_text(encoding="utf-8", errors="replace")
            loads = _style_loads(text) if file.suffix == ".css" else _script_loads(text, asked)
            found += [f"{name}: loads {load}, files of this site expected" for load in loads]
    found += _dead_links(site, pages)
    return tuple(dict.fromkeys(found))


def _read(name: str, file: Path) -> tuple[str, _Page]:
    text = file.read_text(encoding="utf-8", errors="replace")
    scripts = " ".join(_SCRIPT.findall(text))
    styles = " ".join(_STYLE.findall(text))
    ids, leads_to, asks = set(), [], set()
    loads = [*_script_loads(scripts, frozenset(_THEME_ASKS)), *_style_loads(styles)]
    for tag in _tags(text):
        if "id" in tag.attributes:
            ids.add(tag.attributes["id"])
        if tag.name == "a" and "href" in tag.attributes:
            leads_to.append(tag.attributes["href"])
        if tag.name == "a" and "name" in tag.attributes:
            ids.add(tag.attributes["name"])
        loads += _loads(tag)
        asks |= _asks(tag)
    return name, _Page(frozenset(ids), tuple(leads_to), tuple(loads), frozenset(asks))


def _tags(text: str) -> Iterator[_Tag]:
    """Tags that may be a place, lead somewhere or load something; most of a page's only colour."""
    for name, written in _TAG.findall(text):
        kind = name.lower()
        if "=" in written and (kind in _TELLING or _telling(written)):
            yield _Tag(
                kind,
                {
                    name.lower(): unescape(double or single or bare)
                    for name, double, single, bare in _ATTRIBUTE.findall(written)
                },
            )


def _loads(tag: _Tag) -> Iterator[str]:
    if tag.name == "link" and tag.attributes.get("rel", "") in _NOT_LOADED:
        return
    for name in _LOADING.get(tag.name, ()):
        yield from _ELSEWHERE.findall(tag.attributes.get(name, ""))
    yield from _style_loads(tag.attributes.get("style", ""))


def _style_loads(text: str) -> list[str]:
    return _STYLE_LOAD.findall(text)


def _script_loads(text: str, asked: frozenset[str]) -> list[str]:
    """Addresses of other hosts in a script, but for those that only the theme never asks."""
    return [
        address
        for address in _ADDRESS.findall(_LICENSE.sub("", text))
        if not address.startswith(_ONLY_NAMES)
        and not any(known in address for known in _THEME_ASKS if known not in asked)
    ]


def _asks(tag: _Tag) -> set[str]:
    """What of the theme's addresses this very tag makes it ask; text that shows one does not."""
    return {
        part
        for part, sign in _THEME_ASKS.items()
        if sign and sign[1] in tag.attributes.get(sign[0], "").split()
    }


def _dead_links(site: Path, pages: dict[str, _Page]) -> Iterator[str]:
    for name, page in pages.items():
        for address in dict.fromkeys(page.leads_to):
            path, _, fragment = address.partition("#")
            path = unquote(path.partition("?")[0])
            if _SCHEME.match(address) or path.startswith("/"):
                continue
            target = normpath(join(dirname(name), path)) if path else name
            if target not in pages and not (site / target).exists():
                yield f"{name}: leads to {address}, not in this site"
            elif fragment and target in pages and not _arrives(pages[target], fragment):
                yield f"{name}: leads to {address}, no such place on that page"


def _arrives(page: _Page, fragment: str) -> bool:
    return unquote(fragment) in page.ids
