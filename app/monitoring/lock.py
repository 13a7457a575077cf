"""One run of the checks at a time, in every process and on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep

from django.db import connection

from core.refusal import Refused

# The key of a lock that the database session holds; a session that dies lets go of it.
RUN_LOCK = 0x636865636B01
LOOK_AGAIN_S = 0.1


class AlreadyRunning(Refused):
    """Somebody else is running the checks."""


@contextmanager
def alone(*, looks_again: int = 0) -> Iterator[None]:
    """Hold the lock for the block; whoever holds it may take it again. One that somebody else holds
    is looked at again so many times, every tenth of a second. Raises AlreadyRunning after that."""
    taken = _take()
    for _ in range(looks_again):
        if taken:
            break
        sleep(LOOK_AGAIN_S)
        taken = _take()
    if not taken:
        raise AlreadyRunning(
            "Checks: another run is under way, expected none; wait until it ends and run again."
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [RUN_LOCK])


def _take() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [RUN_LOCK])
        [taken] = cursor.fetchone()
    return bool(taken)
