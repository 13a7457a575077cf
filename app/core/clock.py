"""Clocks for work that takes long: with one moment for all of it, its end would lie in the past."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

Clock = Callable[[], datetime]


def running_from(moment: datetime) -> Clock:
    """A clock that shows this moment now and goes on from there."""
    behind = timezone.now() - moment
    return lambda: timezone.now() - behind
