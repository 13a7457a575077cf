"""The part of a gate's log that its page shows: the beginning and the end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evidence.engine.publish.text import count
from evidence.engine.run.log import RULE

_HEAD_LINES = 40
_TAIL_LINES = 40
_WIDEST = 400


@dataclass(frozen=True)
class LogExcerpt:
    """Lines of a log. `tail` is empty when `head` holds all of it; `left_out` counts the rest."""

    head: tuple[str, ...]
    tail: tuple[str, ...]
    left_out: str


def excerpt_of_log(log: Path) -> LogExcerpt | None:
    """The excerpt, or nothing when there is no such log. Long lines are cut."""
    if not log.is_file():
        return None
    lines = log.read_text(encoding="utf-8", errors="replace").removesuffix("\n").split("\n")
    if len(lines) <= _HEAD_LINES + _TAIL_LINES:
        return LogExcerpt(tuple(map(_cut, lines)), (), "")
    left_out = len(lines) - _HEAD_LINES - _TAIL_LINES
    return LogExcerpt(
        head=tuple(map(_cut, lines[:_HEAD_LINES])),
        tail=tuple(map(_cut, lines[-_TAIL_LINES:])),
        left_out=count(left_out, "line"),
    )


def body_of_log(log: Path) -> tuple[str, ...]:
    """What stands below the head of a log, of which there may be none. Long lines stay whole."""
    if not log.is_file():
        return ()
    text = log.read_text(encoding="utf-8", errors="replace").removesuffix("\n")
    _, _, body = text.partition(f"{RULE}\n")
    return tuple(body.split("\n"))


def _cut(line: str) -> str:
    return line if len(line) <= _WIDEST else f"{line[:_WIDEST]} …"
