"""Who does something: passed to every domain call, and recorded without personal data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """`id` is the user's key, None for the system; `role` as recorded at that moment; `origin`
    is where it came from: web, command:NAME, worker or webhook."""

    id: int | None
    role: str
    origin: str


def system(origin: str) -> Actor:
    """The shop itself, acting from a worker, a webhook or a command."""
    return Actor(id=None, role="system", origin=origin)
