"""The twin's time: the machine's, plus what a test has added to it."""

from __future__ import annotations

import time


class Clock:
    """Seconds since 1970. Only ever moves forward, so ids and windows stay in order."""

    def __init__(self) -> None:
        self._ahead_s = 0.0

    def now(self) -> int:
        """Whole seconds, as Stripe's `created` is."""
        return int(self.exact())

    def exact(self) -> float:
        return time.time() + self._ahead_s

    def advance(self, seconds: float) -> None:
        self._ahead_s += max(0.0, seconds)
