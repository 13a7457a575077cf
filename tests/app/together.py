"""Several who come at the same moment, each with a connection of their own, on real PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

Got = TypeVar("Got")


def at_once(works: Sequence[Callable[[], Got]]) -> list[Got]:
    """What each of them got, in the order given; what one raises rises here. All begin together."""
    together = threading.Barrier(len(works))

    def begin(work: Callable[[], Got]) -> Got:
        try:
            together.wait(timeout=30)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begin, works, timeout=60))
