"""What is tried once more although its result is known: a share, chosen by a commit's number, so
that two builds of one commit choose alike and nobody chooses."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable

_SHARE = 0.05


def share_of(names: Iterable[str], seed: str, share: float = _SHARE) -> list[str]:
    """So much of these names, at least one where there is any."""
    listed = sorted(names)
    return random.Random(seed).sample(listed, math.ceil(len(listed) * share))  # noqa: S311 - not for secrets
