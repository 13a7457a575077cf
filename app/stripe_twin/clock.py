"""The twin's time: the machine's, plus what a test has added to it."""

from __future__ import annotations

import time


class Clock:
    """Seconds since 1970. Only ever moves forward, so ids and windows stay in order."""

    def __init__(self, *, behind_s: float = 0.0) -> None:
        self._ahead_s = -behind_s

    def now(self) -> int:
        """Whole seconds, as Stripe's `created` is."""
        return int(self.exact())

    def exact(self) -> float:
        return time.time() + self._ahead_s

    def advance(self, seconds: float) -> None:
        self._ahead_s += max(0.0, seconds)

    def move_to(self, moment: float) -> None:
        """Make it that moment now; nothing happens when it is that late already."""
        # A millisecond more, so that no rounding leaves the clock a whole second short.
        self.advance(moment - self.exact() + 0.001)
