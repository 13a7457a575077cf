from __future__ import annotations

from hypothesis import HealthCheck, settings


def test_no_example_is_judged_by_how_long_it_takes() -> None:
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check
