"""The second line against personal data and secrets in logs; the first is not to log them."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

MASK = "[redacted]"
# Words in the name of a field whose value is nobody's business.
_NAMES = re.compile(
    r"passw|secret|token|cookie|authori[sz]ation|csrf|session|api_?key|signature|e-?mail|username"
    r"|first_name|last_name|phone|address|payload|card",
    re.IGNORECASE,
)
_VALUES = re.compile(
    r"(?:sk|rk|pk)_(?:test|live)_[0-9A-Za-z_]+"
    r"|whsec_[0-9A-Za-z+/=_]+"
    r"|(?:cs|pi)_[0-9A-Za-z_]*_secret_[0-9A-Za-z_]+"
    # Somebody's e-mail address, and the name and password before a server's.
    r"|(?<=://)[^\s/@]+(?=@)"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    # PostgreSQL quotes the row that broke a rule: `Key (username)=(cara) already exists.`
    r"|(?<=\)=\()[^\n]*(?=\))"
    r"|(?<=Failing row contains \()[^\n]*"
    # Digits in the shape of a payment card.
    r"|\b\d(?:[ -]?\d){12,18}\b"
)
# Stripe's ids and ours hold long digits at times; these fields are plain and stay whole.
_PLAIN = frozenset({"timestamp", "level", "logger", "request_id", "code"})


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """A structlog processor: the event with all that looks like a secret or a person masked."""
    return {name: _clean(name, value) for name, value in event.items()}


def masked(text: str) -> str:
    """The text with every secret, e-mail address, card number and quoted row masked."""
    return _VALUES.sub(MASK, text)


def _clean(name: str, value: Any) -> Any:
    if name in _PLAIN:
        return value
    if _NAMES.search(name):
        return MASK
    if isinstance(value, Mapping):
        return {str(key): _clean(str(key), held) for key, held in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", held) for held in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return masked(str(value))
