"""Whether what came out is what the page shows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.docs.executed.page import ANYTHING


def agrees(shown: Sequence[str], came: Sequence[str]) -> bool:
    """True when every shown line is there, in order, and nothing that no `…` stands for."""
    pattern = "".join(_line(line) for line in shown)
    text = "".join(f"{line.rstrip()}\n" for line in came)
    return re.fullmatch(pattern, text) is not None


def _line(shown: str) -> str:
    if shown.strip() == ANYTHING:
        return r"(?:[^\n]*\n)*?"
    parts = (re.escape(part) for part in shown.rstrip().split(ANYTHING))
    return r"[^\n]*?".join(parts) + r"\n"
