"""What a request may say, written as specs; each refuses the way Stripe does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from stripe_twin.errors import StripeError, invalid_param

_INTEGER = re.compile(r"-?[0-9]{1,18}")


class Spec(Protocol):
    """Reads one parameter; `at` is its name as the client wrote it, such as `created[gte]`."""

    def read(self, value: Any, at: str) -> Any: ...


@dataclass(frozen=True)
class Text:
    longest: int = 5000
    choices: tuple[str, ...] = ()

    def read(self, value: Any, at: str) -> str:
        text = _scalar(value, at, "string")
        if not text:
            raise invalid_param(
                f"You passed an empty string for '{at}'. We assume empty values are an attempt to "
                f"unset a parameter; however '{at}' cannot be unset. You should remove '{at}' "
                "from your request or supply a non-empty value.",
                param=at,
                code="parameter_invalid_empty",
            )
        if len(text) > self.longest:
            raise invalid_param(
                f"Invalid string: {text[:20]}...; must be at most {self.longest} characters",
                param=at,
            )
        if self.choices and text not in self.choices:
            raise invalid_param(f"Invalid {at}: must be one of {', '.join(self.choices)}", param=at)
        return text


@dataclass(frozen=True)
class Unsettable:
    """A text; an empty one unsets what was there."""

    longest: int = 5000

    def read(self, value: Any, at: str) -> str:
        return Text(self.longest).read(value, at) if value != "" else ""


@dataclass(frozen=True)
class Whole:
    """A whole number; amounts are minor units."""

    least: int = 0
    most: int = 2**53

    def read(self, value: Any, at: str) -> int:
        text = _scalar(value, at, "integer")
        if not _INTEGER.fullmatch(text):
            raise invalid_param(
                f"Invalid integer: {text[:40]}", param=at, code="parameter_invalid_integer"
            )
        number = int(text)
        if number < self.least:
            raise invalid_param(
                f"This value must be greater than or equal to {self.least}.",
                param=at,
                code="parameter_invalid_integer",
            )
        if number > self.most:
            raise invalid_param(
                f"This value must be less than or equal to {self.most}.",
                param=at,
                code="parameter_invalid_integer",
            )
        return number


@dataclass(frozen=True)
class Flag:
    def read(self, value: Any, at: str) -> bool:
        text = _scalar(value, at, "boolean")
        if text not in ("true", "false"):
            raise invalid_param(f"Invalid boolean: {text[:40]}", param=at)
        return text == "true"


@dataclass(frozen=True)
class Url:
    """An absolute web address; a page may link to it, so no other scheme gets through."""

    def read(self, value: Any, at: str) -> str:
        text = Text().read(value, at)
        try:
            parts = urlsplit(text)
            good = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            good = False
        if not good or re.search(r"[\s\x00-\x1f]", text):
            raise invalid_param("Not a valid URL", param=at, code="url_invalid")
        return text


@dataclass(frozen=True)
class Email:
    def read(self, value: Any, at: str) -> str:
        text = Text(longest=512).read(value, at)
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
            raise invalid_param(
                f"Invalid email address: {text[:80]}", param=at, code="email_invalid"
            )
        return text


@dataclass(frozen=True)
class Metadata:
    """Up to 50 names of 40 characters with values of 500; an empty value removes the name."""

    def read(self, value: Any, at: str) -> dict[str, str]:
        if value == "":
            return {}
        pairs = _tree(value, at)
        if len(pairs) > 50:
            raise invalid_param(
                f"You can have up to 50 metadata keys, but you passed in {len(pairs)}.", param=at
            )
        for name, text in pairs.items():
            _require_short(name, _scalar(text, f"{at}[{name}]", "string"), at)
        return {name: text for name, text in pairs.items() if text}


@dataclass(frozen=True)
class Changed:
    """Metadata to lay over what is there: an empty value removes its name, "" removes all."""

    def read(self, value: Any, at: str) -> dict[str, str] | None:
        if value == "":
            return None
        Metadata().read(value, at)
        return dict(value)


def laid_over(old: Mapping[str, str], change: Mapping[str, str] | None) -> dict[str, str]:
    """The metadata after a `Changed`."""
    if change is None:
        return {}
    return {name: text for name, text in {**old, **change}.items() if text}


@dataclass(frozen=True)
class Anything:
    """A setting the twin takes and does nothing with."""

    def read(self, value: Any, at: str) -> Any:
        return value


@dataclass(frozen=True)
class ListOf:
    """`a[0]=..&a[1]=..` in order of the numbers."""

    item: Spec
    most: int = 100

    def read(self, value: Any, at: str) -> list[Any]:
        if not isinstance(value, dict) or not all(key.isdecimal() for key in value):
            raise invalid_param("Invalid array", param=at)
        if len(value) > self.most:
            raise invalid_param(
                f"Array {at} exceeded maximum {self.most} allowed elements.", param=at
            )
        ordered = sorted(value.items(), key=lambda pair: int(pair[0]))
        return [self.item.read(item, f"{at}[{key}]") for key, item in ordered]


@dataclass(frozen=True)
class Hash:
    """Named parameters; the unknown and the missing are refused."""

    known: Mapping[str, Spec]
    required: tuple[str, ...] = field(default=())

    def read(self, value: Any, at: str = "") -> dict[str, Any]:
        tree = _tree(value, at)
        unknown = [_join(at, name) for name in tree if name not in self.known]
        if unknown:
            raise invalid_param(
                f"Received unknown parameter{'s' if len(unknown) > 1 else ''}: "
                f"{', '.join(unknown)[:200]}",
                param=unknown[0][:200],
                code="parameter_unknown",
            )
        for name in self.required:
            if name not in tree:
                raise required(_join(at, name))
        return {name: self.known[name].read(tree[name], _join(at, name)) for name in tree}


@dataclass(frozen=True)
class Moment:
    """A time, or a window of times: `created=5` or `created[gte]=5&created[lt]=9`."""

    def read(self, value: Any, at: str) -> dict[str, int]:
        if isinstance(value, str):
            exact = Whole().read(value, at)
            return {"gte": exact, "lte": exact}
        bounds = dict.fromkeys(("gt", "gte", "lt", "lte"), Whole())
        return Hash(bounds).read(value, at)


def required(name: str) -> StripeError:
    """The refusal of a request that leaves out what it must say."""
    return invalid_param(f"Missing required param: {name}.", param=name, code="parameter_missing")


def _scalar(value: Any, at: str, kind: str) -> str:
    if not isinstance(value, str):
        raise invalid_param(f"Invalid {kind}", param=at)
    if "\x00" in value:
        raise invalid_param(f"Invalid {kind}: it holds a null byte", param=at)
    return value


def _tree(value: Any, at: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid_param("Invalid object", param=at)
    return value


def _join(at: str, name: str) -> str:
    return f"{at}[{name}]" if at else name


def _require_short(name: str, text: str, at: str) -> None:
    if len(name) > 40:
        raise invalid_param(
            f"Metadata keys can have up to 40 characters, but you passed in a key that is "
            f"{len(name)} characters. Invalid key: {name[:50]}",
            param=at,
        )
    if len(text) > 500:
        raise invalid_param(
            f"Metadata values can have up to 500 characters, but you passed in a value that is "
            f"{len(text)} characters. Invalid value: {text[:50]}...",
            param=f"{at}[{name}]",
        )
