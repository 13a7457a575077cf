"""The processes that a gate started, wherever they went: its group, its session, and whatever
carries the gate's planted secret in its environment."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

_PROC = Path("/proc")


def family(leader: int, cookie: str) -> dict[int, str]:
    """Living processes other than the leader, by id, with their names.

    Where there is no /proc nothing is seen; `send` still reaches the group.
    """
    if not _PROC.is_dir():
        return {}
    found: dict[int, str] = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit() and int(folder.name) not in (leader, os.getpid()):
            with contextlib.suppress(OSError):
                if name := _member(folder, leader, cookie.encode()):
                    found[int(folder.name)] = name
    return found


def send(leader: int, cookie: str, number: signal.Signals) -> None:
    """Signals the group and every relative that left it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)
    for process in family(leader, cookie):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process, number)


def _member(folder: Path, leader: int, cookie: bytes) -> str:
    """The name of a living process that belongs to the gate, or nothing."""
    head, _, fields = (folder / "stat").read_text("utf-8", "replace").rpartition(")")
    state, _parent, group, session = fields.split()[:4]
    if state in "ZX":
        return ""
    # Of no cookie at all every process would be a carrier.
    carries = cookie and cookie in (folder / "environ").read_bytes()
    related = carries or str(leader) in (group, session)
    return head.partition("(")[2] if related else ""
