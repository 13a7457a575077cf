"""How long to wait before an event is tried again."""

from __future__ import annotations

import random
from datetime import timedelta

FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 3600.0
MOST_ATTEMPTS = 12


def wait(*, attempts: int, rng: random.Random) -> timedelta:
    """Twice as long after each attempt, up to an hour, less a random part of up to half: so
    events that failed together do not all come back together. `attempts` counts from 1."""
    full_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (attempts - 1))
    return timedelta(seconds=full_s * rng.uniform(0.5, 1.0))
