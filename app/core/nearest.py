"""What to say to somebody who wrote a name that is not there."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def hint(name: str, names: Sequence[str]) -> str:
    """The name that was meant, as far as one can tell; otherwise all that there are."""
    near = difflib.get_close_matches(name, names, cutoff=0.5)
    if near:
        return f"did you mean {near[0]}?"
    return f"there are: {', '.join(names)}." if names else "there is none yet."
