"""On whose behalf something happens: by the modules that are running just now."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType


def runs_in(module: str) -> bool:
    """Whether any function of that module waits for what happens now."""
    return any(name == module for name in _running())


def _running() -> Iterator[str]:
    frame: FrameType | None = sys._getframe()
    while frame:
        yield str(frame.f_globals.get("__name__"))
        frame = frame.f_back
