"""core.clock: a clock that goes on from the moment it was set to."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from core.clock import running_from

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("years_ago", [0, 1])
def test_a_clock_shows_its_moment_and_goes_on_from_there(
    monkeypatch: pytest.MonkeyPatch, now: datetime, years_ago: int
) -> None:
    real = iter([now, now, now + MINUTE, now + 20 * MINUTE])
    monkeypatch.setattr(timezone, "now", lambda: next(real))
    moment = now - years_ago * timedelta(days=365)
    clock = running_from(moment)
    assert [clock(), clock(), clock()] == [moment, moment + MINUTE, moment + 20 * MINUTE]
