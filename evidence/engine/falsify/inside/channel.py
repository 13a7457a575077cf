"""One JSON object a line, both ways, over a socket that only the engine holds the other end of."""

from __future__ import annotations

import json
import socket
from typing import Any


class Channel:
    """Ends, as if by an empty order, when the engine is gone."""

    def __init__(self, descriptor: int) -> None:
        self.socket = socket.socket(fileno=descriptor)
        self.socket.set_inheritable(False)
        self._lines = self.socket.makefile("rb")

    def receive(self) -> dict[str, Any]:
        line = self._lines.readline()
        told: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {}
        return told

    def send(self, told: dict[str, Any]) -> None:
        self.socket.sendall(json.dumps(told).encode() + b"\n")
