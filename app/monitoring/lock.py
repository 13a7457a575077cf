"""One run of the checks at a time, in every process and on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from core.refusal import Refused

# The key of a lock that the database session holds; a session that dies lets go of it.
RUN_LOCK = 0x636865636B01


class AlreadyRunning(Refused):
    """Somebody else is running the checks."""


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock for the block. Raises AlreadyRunning at once when it is taken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [RUN_LOCK])
        [taken] = cursor.fetchone()
    if not taken:
        raise AlreadyRunning(
            "Checks: another run is under way, expected none; wait until it ends and run again."
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [RUN_LOCK])
