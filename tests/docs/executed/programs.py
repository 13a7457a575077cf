"""Programs that a page needs and not every machine has: fetched, pinned, where that is possible."""

from __future__ import annotations

import shutil
from functools import lru_cache
from pathlib import Path

from evidence.gates import stripe_cli_install

STRIPE = "stripe"


def why_not_here(program: str) -> str:
    """Empty when the program is there, or none is needed."""
    if program == STRIPE:
        return _stripe()[1]
    return "" if not program or shutil.which(program) else f"there is no {program} here"


def folders() -> list[str]:
    """Where those are that were fetched; empty while nobody asked for one."""
    found = _stripe()[0] if _stripe.cache_info().currsize else ""
    return [str(Path(found).parent)] if found else []


@lru_cache(maxsize=1)
def _stripe() -> tuple[str, str]:
    """Stripe's own command line, or why there is none."""
    try:
        return stripe_cli_install.find(), ""
    except stripe_cli_install.NotHere as why:
        return "", str(why)
