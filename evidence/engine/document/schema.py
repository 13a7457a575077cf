"""JSON Schema's findings as sentences with a line.

A schema's `description` is the noun phrase that follows "expected"; `title` names what an object
is. Both are written in the schema files, so that whoever reads them reads the same words.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from itertools import chain, islice
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from evidence.engine.document.model import Document, Odd, Path
from evidence.engine.mistakes import Mistake, Place, did_you_mean

_TYPES = {
    "string": "text",
    "array": "a list",
    "object": "a mapping",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
}
_SHOWN = 60
_TOLD = 200


def mistakes_in(document: Document, *, package: str, schema: str) -> tuple[Mistake, ...]:
    """Everything in the document that a schema, a file beside a package's modules, does not take.

    Unknown keys are reported one by one, each with its nearest known name; nobody reads more than
    the first 200 mistakes of a file, so the rest is only said to be there.
    """
    found = (
        mistake
        for error in _validator(package, schema).iter_errors(document.data)
        for mistake in _translated(_finding(error), document)
    )
    told = tuple(islice(chain(_unusable(document, document.data, ()), found), _TOLD + 1))
    if len(told) <= _TOLD:
        return told
    text = f"found over {_TOLD} mistakes in this file, told the first; mend them, then check again"
    return (*told[:_TOLD], Mistake(Place(document.file), text))


@dataclass(frozen=True)
class _Finding:
    """What we use of jsonschema's error: which keyword, what it asked, what it met and where."""

    keyword: str
    asked: Any
    instance: Any
    schema: dict[str, Any]
    path: Path
    message: str
    is_about_key: bool


def _finding(error: Any) -> _Finding:
    return _Finding(
        keyword=error.validator,
        asked=error.validator_value,
        instance=error.instance,
        schema=error.schema,
        path=tuple(error.absolute_path),
        message=error.message,
        is_about_key="propertyNames" in error.absolute_schema_path,
    )


@functools.cache
def _validator(package: str, name: str) -> Any:
    def is_finite_number(_checker: object, value: object) -> bool:
        return (
            isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        )

    def matches(_strict: Any, pattern: str, instance: object, _schema: object) -> Iterator[Any]:
        # Python's $ also matches before a last line end; JSON Schema's does not.
        if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
            yield ValidationError(f"{instance!r} does not match {pattern!r}")

    def is_unique(_strict: Any, asked: bool, instance: object, _schema: object) -> Iterator[Any]:
        if isinstance(instance, list) and next(_repeated(instance), None):
            yield ValidationError("has repeated items")

    # A NaN passes every comparison, so it would pass minimum and maximum as well.
    types = Draft202012Validator.TYPE_CHECKER.redefine("number", is_finite_number)
    text = resources.files(package).joinpath(name).read_text(encoding="utf-8")
    own = {"pattern": matches, "uniqueItems": is_unique}
    strict: Any = extend(Draft202012Validator, own, type_checker=types)  # type: ignore[no-untyped-call]
    return strict(json.loads(text))


def _translated(error: _Finding, document: Document) -> Iterator[Mistake]:
    keyword = error.keyword
    if error.is_about_key:
        place = Place(document.file, document.key_line((*error.path, error.instance)))
        text = f'found the key "{_short(error.instance)}", {_expected(error)}'
        yield Mistake(place, _named(document, error.path, text))
        return
    if keyword == "additionalProperties":
        yield from _unknown_keys(error, document)
        return
    if keyword == "uniqueItems":
        yield from _repeats(error, document)
        return
    if keyword in ("oneOf", "anyOf"):
        text = _choice(error)
    elif keyword == "required":
        text = _missing(error)
    else:
        text = f"found {_found(error.instance, document.written(error.path))}, {_expected(error)}"
    yield _mistake(document, error.path, text)


def _unknown_keys(error: _Finding, document: Document) -> Iterator[Mistake]:
    known = sorted(error.schema["properties"])
    for key in error.instance:
        if key in known:
            continue
        near = did_you_mean(str(key), known)
        shown = _short(str(key))
        text = f'unknown key "{shown}", expected one of {", ".join(known)}'
        if near:
            text = f'unknown key "{shown}", expected a known one{near}'
        place = Place(document.file, document.key_line((*error.path, key)))
        yield Mistake(place, _named(document, error.path, text))


def _repeats(error: _Finding, document: Document) -> Iterator[Mistake]:
    for index, item in _repeated(error.instance):
        found = f"found {_found(item, '')} twice, expected it once; remove this one"
        place = Place(document.file, document.line((*error.path, index)))
        yield Mistake(place, _named(document, error.path, found))


def _repeated(items: list[Any]) -> Iterator[tuple[int, str]]:
    """Texts that stand before in the list; what is no text is another mistake's business."""
    seen = set()
    for index, item in enumerate(items):
        if isinstance(item, str):
            if item in seen:
                yield index, item
            seen.add(item)


def _unusable(document: Document, value: object, path: Path) -> Iterator[Mistake]:
    """Text with a NUL: no path, argument or variable may hold one."""
    if isinstance(value, str) and "\0" in value:
        text = "found the character U+0000 in it, expected text; remove it"
        yield _mistake(document, path, text)
    elif isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _unusable(document, inner, (*path, step))


def _choice(error: _Finding) -> str:
    """What is wrong where one (or one at least) of several keys has to be there."""
    keys = [key for branch in error.asked for key in branch["required"]]
    found = [key for key in keys if key in error.instance]
    wanted = "exactly one" if error.keyword == "oneOf" else "at least one"
    listed = f"both {' and '.join(found)}" if found else f"neither {' nor '.join(keys)}"
    return f"found {listed}, expected {wanted}; {error.schema['x-next']}"


def _missing(error: _Finding) -> str:
    # jsonschema raises one error for each missing key, and only its message says which.
    key = next(name for name in error.asked if error.message.startswith(repr(name)))
    wanted = error.schema["properties"][key].get("description", "it")
    return f'"{key}" is missing, expected {wanted}; add it'


def _expected(error: _Finding) -> str:
    schema = error.schema
    if error.keyword == "minItems":
        return f"expected at least one item; {schema.get('x-next', 'fill it or leave the key out')}"
    if error.keyword != "type":
        return f"expected {schema.get('description', 'something else')}"
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    wanted = " or ".join(_TYPES[name] for name in types)
    quotable = isinstance(error.instance, bool | int | float | Odd)
    if "string" in types and quotable:
        return f"expected {wanted}; put it in quotes"
    described = schema.get("description")
    return f"expected {wanted}" + (f" ({described})" if described else "")


def _found(value: object, written: str) -> str:
    """A value as a person would call it."""
    if value is None:
        return "nothing"
    if isinstance(value, Odd):
        return f"{value.kind} {written}".strip()
    if isinstance(value, bool):
        meant = str(value).lower()
        return f"{written}, which YAML reads as {meant}" if written not in ("", meant) else meant
    if isinstance(value, int | float):
        return f"the number {written or value}"
    if isinstance(value, str):
        return f'"{_short(value)}"' if value.strip() else "empty text"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    return f"the date {value}"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _mistake(document: Document, path: Path, text: str) -> Mistake:
    return Mistake(Place(document.file, document.line(path)), _named(document, path, text))


def _named(document: Document, path: Path, text: str) -> str:
    """`owner key: text`: the id of the object that it is in, when it has one, and the key."""
    owner: list[str] = []
    value: Any = document.data
    for step in path:
        value = value[step] if isinstance(value, dict | list) else None  # type: ignore[index]
        owner.append(f"item {step + 1}" if isinstance(step, int) else _short(str(step)))
        if isinstance(value, dict) and isinstance(value.get("id"), str):
            owner = [_short(value["id"])]
    return f"{' '.join(owner)}: {text}" if owner else text
