"""What a call says on its two streams, and the numbers that it ends with."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from evidence.engine.mistakes import Mistake

OK, UNPROVEN, COULD_NOT_RUN, INTERRUPTED = 0, 1, 2, 130


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    sys.stdout.flush()
    sys.stderr.write(f"{text}\n" if text else "")


def tell(mistakes: Sequence[Mistake]) -> None:
    for mistake in mistakes:
        say(str(mistake))


def count(number: int, thing: str, things: str = "") -> str:
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"
