"""Put something of one's own in place of what a class does, and what was there back again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def replaced(owner: type, name: str, by: Callable[[Any], Any]) -> Iterator[None]:
    """Within the block the class does what `by` makes of what it did."""
    before = getattr(owner, name)
    setattr(owner, name, by(before))
    try:
        yield
    finally:
        setattr(owner, name, before)
