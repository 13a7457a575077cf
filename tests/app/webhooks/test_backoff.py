from __future__ import annotations

import random

import pytest

from webhooks.backoff import LONGEST_WAIT_S, MOST_ATTEMPTS, wait


@pytest.mark.parametrize(("attempts", "full_s"), [(1, 2), (2, 4), (5, 32), (11, 2048), (12, 3600)])
def test_waits_double_up_to_an_hour_less_up_to_half(attempts: int, full_s: float) -> None:
    waits = [wait(attempts=attempts, rng=random.Random(seed)) for seed in range(200)]
    seconds = [one.total_seconds() for one in waits]
    assert full_s / 2 <= min(seconds) < 0.6 * full_s
    assert 0.9 * full_s < max(seconds) <= full_s


def test_events_that_failed_together_do_not_come_back_together() -> None:
    rng = random.Random(7)
    assert len({wait(attempts=3, rng=rng) for _ in range(20)}) == 20


def test_all_attempts_together_take_more_than_half_an_hour() -> None:
    shortest = sum(min(LONGEST_WAIT_S, 2.0**n) / 2 for n in range(1, MOST_ATTEMPTS))
    assert shortest > 1800
