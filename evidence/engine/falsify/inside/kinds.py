"""How a test failed, by what pytest prints: the same for whoever was there and for whoever reads
the report that it left. So the engine and the project's own Python both import this."""

from __future__ import annotations

import re

ASSERTION, CRASH, TIMEOUT = "assertion", "crash", "timeout"
_ORDER = (ASSERTION, TIMEOUT, CRASH)
# Plugins that cut a test off do so by pytest.fail, and say this first.
_LATE = "Failed: Timeout"
# What a test says by itself: `Failed` stands over what pytest.fail and its like raise.
_DELIBERATE = re.compile(r"(AssertionError|Failed)(:|$)|assert ", re.MULTILINE)
_GROUP = re.compile(r"(Base)?ExceptionGroup: ")
# Each exception of a group stands behind a bar that is further in than the group's own.
_MEMBER = re.compile(r"^ {3,}\| (\S.*)$", re.MULTILINE)


def kind_of(message: str, whole: str = "") -> str:
    """`message` is what was raised, as pytest says it in short; `whole` all that it prints of it,
    for of several exceptions that were raised together an assertion outweighs the others."""
    if _GROUP.match(message):
        kinds = set(map(kind_of, _MEMBER.findall(whole)))
        return next((kind for kind in _ORDER if kind in kinds), CRASH)
    if message.startswith(_LATE):
        return TIMEOUT
    return ASSERTION if _DELIBERATE.match(message) else CRASH
