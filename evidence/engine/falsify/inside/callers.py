"""On whose behalf something happens: by the modules that are running just now."""

from __future__ import annotations

import sys
from types import FrameType


def runs_for(package: str) -> bool:
    """Whether any function of that package, or module, waits for what happens now."""
    frame: FrameType | None = sys._getframe()
    while frame:
        if str(frame.f_globals.get("__name__")).partition(".")[0] == package:
            return True
        frame = frame.f_back
    return False
