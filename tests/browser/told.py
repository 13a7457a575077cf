"""Whether a walk typed the commands that evidence/demo.yml tells people to type, and no others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_TICKED = re.compile(r"`\.venv/bin/python app/manage\.py in_demo ([^`]+)`")
# What the demo's worker does by itself within seconds; a walk does not wait for it.
_BY_ITSELF = "process_events"


def commands(step: Mapping[str, Any]) -> list[str]:
    """The commands inside the demo that the step tells, in their order."""
    return [found for line in step["does"] for found in _TICKED.findall(line)]


def unlike(told: Sequence[str], ran: Sequence[str]) -> str:
    """What is told and was not run, or the other way round; empty when they agree. A single N
    in what is told stands for a number that people see."""
    typed = [command for command in ran if command != _BY_ITSELF]
    patterns = [re.sub(r"\bN\b", r"\\d+", re.escape(command)) for command in told]
    agree = len(typed) == len(patterns) and all(map(re.fullmatch, patterns, typed))
    return "" if agree else f"evidence/demo.yml tells {list(told)}, the walk ran {typed}"
