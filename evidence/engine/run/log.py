"""A gate's log: a head that says what it is, a rule, the cleaned output."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evidence.engine.register.model import Gate
from evidence.engine.run.capture import Captured
from evidence.engine.run.model import GateStatus, Tree

RULE = "─" * 100


@dataclass(frozen=True)
class Head:
    """What stands above the output. `ended` is how the process ended, in words;
    `says` what the output was made from, when it is not what the command printed."""

    gate: Gate
    argv: tuple[str, ...]
    tree: Tree
    status: GateStatus
    why: str
    ended: str
    tools: tuple[tuple[str, str], ...]
    varies: tuple[tuple[str, str], ...] = ()
    says: str = ""


def write_log(path: Path, head: Head, captured: Captured | None, lines: Sequence[str] = ()) -> str:
    """Writes it and gives its SHA-256. `lines` stand in for output when nothing ran."""
    body = captured.body if captured else "".join(f"{line}\n" for line in lines).encode()
    rows = [*_rows(head), ("output", _sizes(captured) if captured else "none: it did not run")]
    if head.says:
        rows.append(("shows", head.says))
    text = "".join(f"{name:<9} {value}\n" for name, value in rows)
    data = f"{text}{RULE}\n".encode() + body
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def _rows(head: Head) -> list[tuple[str, str]]:
    state = "dirty: files differ from the commit" if head.tree.dirty else "clean"
    return [
        ("gate", head.gate.id),
        ("proves", " ".join(head.gate.proves.split())),
        ("command", shlex.join(head.argv).replace("\n", "\\n")),
        ("commit", f"{head.tree.commit} ({state})"),
        ("status", f"{head.status}: {head.why}" if head.why else str(head.status)),
        ("ended", head.ended),
        ("tools", ", ".join(f"{name} {version}" for name, version in head.tools)),
        *(("varies", f"{name} stands for what {pattern} finds") for name, pattern in head.varies),
    ]


def _sizes(captured: Captured) -> str:
    """Of what is shown: what came in differs with the length of this machine's paths."""
    shown_bytes = len(captured.body) + captured.left_out_bytes
    bad = "1 invalid byte" if captured.bad_bytes == 1 else f"{captured.bad_bytes:,} invalid bytes"
    return (
        f"{shown_bytes:,} bytes, read as {captured.encoding}, {bad}, "
        f"{captured.redactions:,} redacted"
    )
