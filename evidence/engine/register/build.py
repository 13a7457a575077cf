"""Documents as the register's nouns.

Built from whatever is well formed, so that one unknown key in a claim hides none of the dead links
in the same claim. What is not well formed is left out here because the schema reports it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evidence.engine.document.model import Document, Path
from evidence.engine.mistakes import Place
from evidence.engine.register.model import (
    Area,
    Claim,
    Demo,
    DemoStep,
    Gate,
    Link,
    OutOfScope,
    PublicClaim,
    Requirement,
    Tool,
    Waiver,
)


def area_of(document: Document) -> Area:
    """One file of claims. Whitespace in sentences is folded to single spaces."""
    name = _text(document.data, "area")
    return Area(
        name=name,
        about=_text(document.data, "about"),
        file=document.file,
        claims=tuple(
            _claim(document, ("claims", index), entry, name)
            for index, entry in _entries(document.data, "claims")
        ),
    )


def gates_of(document: Document) -> tuple[Gate, ...]:
    return tuple(
        _gate(document, ("gates", index), entry)
        for index, entry in _entries(document.data, "gates")
    )


def requirements_of(document: Document) -> tuple[Requirement, ...]:
    lacks = dict(_items(_get(document.data, "lacks")))
    return tuple(
        Requirement(
            id=id_,
            text=_folded(text),
            group=group,
            place=Place(document.file, document.key_line(("requirements", group, id_))),
            lacks=_folded(str(lacks.get(id_, ""))),
        )
        for group, ids in _items(_get(document.data, "requirements"))
        for id_, text in _items(ids)
        if isinstance(text, str)
    )


def out_of_scope_of(document: Document) -> tuple[OutOfScope, ...]:
    return tuple(
        OutOfScope(
            id=_text(entry, "id"),
            says=_text(entry, "says"),
            why=_text(entry, "why"),
            place=_place(document, ("out_of_scope", index)),
        )
        for index, entry in _entries(document.data, "out_of_scope")
    )


def demo_of(document: Document) -> Demo:
    return Demo(
        gate=Link(_text(document.data, "gate"), _place(document, ("gate",))),
        steps=tuple(
            DemoStep(
                id=_text(entry, "id"),
                title=_text(entry, "title"),
                who=_text(entry, "who"),
                does=tuple(map(_folded, _texts(entry, "does"))),
                sees=_text(entry, "sees"),
                minutes=float(minutes) if isinstance(minutes, int | float) else 1.0,
                place=_place(document, ("steps", index)),
            )
            for index, entry in _entries(document.data, "steps")
            for minutes in [entry.get("minutes", 1)]
        ),
    )


def public_claims_of(document: Document) -> tuple[PublicClaim, ...]:
    return tuple(
        PublicClaim(
            where=_text(entry, "where"),
            says=_text(entry, "says"),
            claims=_links(document, ("public_claims", index), entry, "claims"),
            place=_place(document, ("public_claims", index)),
        )
        for index, entry in _entries(document.data, "public_claims")
    )


def waivers_of(document: Document) -> tuple[Waiver, ...]:
    return tuple(
        Waiver(
            symbol=_text(entry, "symbol"),
            mutant=_text(entry, "mutant"),
            operator=_text(entry, "operator"),
            category=_text(entry, "category"),
            reason=_text(entry, "reason"),
            author=_text(entry, "author"),
            sha256=_text(entry, "sha256"),
            place=_place(document, ("waivers", index)),
        )
        for index, entry in _entries(document.data, "waivers")
    )


def _claim(document: Document, path: Path, entry: dict[str, Any], area: str) -> Claim:
    return Claim(
        id=_text(entry, "id"),
        area=area,
        says=_text(entry, "says"),
        place=_place(document, path),
        requirements=_links(document, path, entry, "requirements"),
        critical=entry.get("critical") is True,
        code=_links(document, path, entry, "code"),
        tests=_links(document, path, entry, "tests"),
        gates=_links(document, path, entry, "gates"),
        pages=_links(document, path, entry, "pages"),
        demo=_one_link(document, path, entry, "demo"),
        sabotage=_links(document, path, entry, "sabotage"),
    )


def _gate(document: Document, path: Path, entry: dict[str, Any]) -> Gate:
    timeout_s, cores = entry.get("timeout_s", 300), entry.get("cores", 1)
    return Gate(
        id=_text(entry, "id"),
        proves=_text(entry, "proves"),
        place=_place(document, path),
        run=_texts(entry, "run"),
        pytest=_texts(entry, "pytest") if "pytest" in entry else None,
        timeout_s=float(timeout_s) if isinstance(timeout_s, int | float) else 300.0,
        cores=cores if isinstance(cores, int | float) else 1,
        needs=_texts(entry, "needs"),
        services=_texts(entry, "services"),
        env=tuple((name, str(value)) for name, value in _items(entry.get("env"))),
        tools=tuple(_tools(entry.get("tools"))),
        artifacts=_texts(entry, "artifacts"),
        varies=tuple((name, str(value)) for name, value in _items(entry.get("varies"))),
        control=_one_link(document, path, entry, "control"),
    )


def _tools(value: object) -> Iterator[Tool]:
    for item in value if isinstance(value, list) else ():
        if isinstance(item, str):
            yield Tool(item)
        elif isinstance(item, dict):
            yield Tool(_text(item, "name"), _texts(item, "run"))


def _links(document: Document, path: Path, entry: dict[str, Any], key: str) -> tuple[Link, ...]:
    values = entry.get(key)
    return tuple(
        Link(value.strip(), Place(document.file, document.line((*path, key, index))))
        for index, value in enumerate(values if isinstance(values, list) else ())
        if isinstance(value, str) and value.strip()
    )


def _one_link(document: Document, path: Path, entry: dict[str, Any], key: str) -> Link | None:
    text = _text(entry, key)
    return Link(text, _place(document, (*path, key))) if text else None


def _place(document: Document, path: Path) -> Place:
    return Place(document.file, document.line(path))


def _get(holder: object, key: str) -> object:
    return holder.get(key) if isinstance(holder, dict) else None


def _text(holder: object, key: str) -> str:
    value = _get(holder, key)
    return _folded(value) if isinstance(value, str) else ""


def _folded(text: str) -> str:
    return " ".join(text.split())


def _texts(holder: object, key: str) -> tuple[str, ...]:
    values = _get(holder, key)
    return tuple(
        value for value in (values if isinstance(values, list) else ()) if isinstance(value, str)
    )


def _items(holder: object) -> tuple[tuple[str, Any], ...]:
    return tuple(holder.items()) if isinstance(holder, dict) else ()


def _entries(holder: object, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    values = _get(holder, key)
    for index, entry in enumerate(values if isinstance(values, list) else ()):
        if isinstance(entry, dict):
            yield index, entry
