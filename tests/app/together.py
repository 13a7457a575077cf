"""Several who come at the same moment, each with a connection of their own, on real PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

Got = TypeVar("Got")


def at_once(works: Sequence[Callable[[], Got]]) -> list[Got]:
    """What each of them got, in the order given; none may raise. All begin together."""
    together = threading.Barrier(len(works))

    def begin(work: Callable[[], Got]) -> Got:
        try:
            together.wait(timeout=30)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        begun = [pool.submit(begin, work) for work in works]
    assert [one.exception() for one in begun] == [None] * len(begun)
    return [one.result() for one in begun]
