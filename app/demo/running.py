"""Which demo runs on this machine, so that a command can be run inside of it.

A running demo holds a lock on a note of its children's environment. The lock goes with the
process, so a note that a killed demo left behind counts for nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from core.refusal import Refused

NOTE = "environment.json"
# What a command needs of the demo's own; everything else it has from whoever calls it.
TOLD = (
    "DATABASE_URL",
    "DJANGO_SETTINGS_MODULE",
    "SHOP_ADDRESS",
    "STRIPE_API_BASE",
    "STRIPE_API_KEY",
    "STRIPE_WEBHOOK_SECRETS",
)


class NoDemo(Refused):
    """No demo runs from this clone, or none at the port that was named, or several do."""


@contextmanager
def noted(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Keep the demo's environment in its folder, readable by its owner, while the block runs."""
    path = folder / NOTE
    path.unlink(missing_ok=True)
    number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    with os.fdopen(number, "w", encoding="utf-8") as note:
        fcntl.flock(note, fcntl.LOCK_EX)
        json.dump({name: environment[name] for name in TOLD}, note)
        note.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def environment_of(*, port: int | None) -> dict[str, str]:
    """The environment of the demo that runs at this port, or of the only one. Raises NoDemo."""
    home = settings.LOCAL_FOLDER / "demo"
    running = {path.parent.name: path for path in sorted(home.glob(f"*/{NOTE}")) if _is_held(path)}
    if port is not None:
        running = {name: path for name, path in running.items() if name == str(port)}
    if not running:
        where = f" at port {port}" if port is not None else ""
        raise NoDemo(f"Demo: none runs{where} from this clone; start it with: make demo")
    if len(running) > 1:
        ports = ", ".join(running)
        raise NoDemo(f"Demo: several run, at ports {ports}; name one with --port.")
    (path,) = running.values()
    told: dict[str, str] = json.loads(path.read_text("utf-8"))
    return told


def _is_held(path: Path) -> bool:
    """True while the demo that wrote the note lives."""
    try:
        with path.open("r", encoding="utf-8") as note:
            fcntl.flock(note, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass  # Gone by now, or another user's: nobody's whom a command could join.
    return False
