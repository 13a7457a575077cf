"""A refusal of something critical leaves an audit entry, though nothing else was done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from audit import services as audit
from audit.actions import Action, Result
from core.actor import Actor
from core.refusal import Refused


@contextmanager
def audited(*, what: str, subject: str, by: Actor, now: datetime) -> Iterator[None]:
    """Record a Refused that passes through, and let it rise. Enter it outside of transactions:
    the entry must stay when the work is rolled back."""
    try:
        yield
    except Refused as no:
        audit.record(
            actor=by,
            action=Action.REFUSED,
            subject=subject,
            result=Result.REFUSED,
            reason=f"{what}: {no}",
            now=now,
        )
        raise
